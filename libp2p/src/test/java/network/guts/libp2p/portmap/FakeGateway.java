package network.guts.libp2p.portmap;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A router on loopback: PCP, NAT-PMP and UPnP-IGD, as far as mapping ports goes. Its address outside is 198.51.100.7. */
final class FakeGateway implements Closeable {
    static final byte[] OUTSIDE = {(byte) 198, 51, 100, 7};

    /** What it speaks. */
    enum Speaks {
        PCP,
        NAT_PMP,
        UPNP,
        /** It describes itself, at great length. */
        ENDLESS_UPNP,
        /** Its description is said to be on another machine. */
        UPNP_ELSEWHERE,
        /** It answers, and refuses. */
        NOTHING
    }

    /** A port that somebody wanted to be mapped; with lifetime 0 not any more. */
    record Mapped(String protocol, int internal, int external, long lifetime) {}

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private final Speaks speaks;
    private final int lifetime;
    private final DatagramSocket udp;
    private final DatagramSocket ssdp;
    private final ServerSocket http;
    final List<Mapped> mapped = new CopyOnWriteArrayList<>();
    final List<String> requests = new CopyOnWriteArrayList<>();

    FakeGateway(Speaks speaks, int lifetime) throws IOException {
        this.speaks = speaks;
        this.lifetime = lifetime;
        this.udp = new DatagramSocket(new InetSocketAddress(LOOPBACK, 0));
        this.ssdp = new DatagramSocket(new InetSocketAddress(LOOPBACK, 0));
        this.http = new ServerSocket(0, 50, LOOPBACK);
        Thread.ofVirtual().start(() -> answer(udp, this::reply));
        Thread.ofVirtual().start(() -> answer(ssdp, search -> found()));
        Thread.ofVirtual().start(this::serveHttp);
    }

    InetSocketAddress natPmp() {
        return (InetSocketAddress) udp.getLocalSocketAddress();
    }

    InetSocketAddress ssdp() {
        return (InetSocketAddress) ssdp.getLocalSocketAddress();
    }

    private static void answer(DatagramSocket socket, UnaryOperator<byte[]> answers) {
        byte[] buffer = new byte[2048];
        try {
            while (true) {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                socket.receive(packet);
                byte[] request = Arrays.copyOf(buffer, packet.getLength());
                byte[] reply = answers.apply(request);
                if (reply.length > 0) {
                    socket.send(new DatagramPacket(reply, reply.length, packet.getSocketAddress()));
                }
            }
        } catch (IOException closed) {
            return;
        }
    }

    private byte[] reply(byte[] request) {
        return switch (speaks) {
            case PCP -> request[0] == 2 && request[1] == 1 ? pcp(request) : new byte[0];
            case NAT_PMP -> request[0] == 0 ? natPmp(request) : new byte[0];
            case NOTHING -> request[0] == 0 ? new byte[] {0, (byte) (request[1] + 128), 0, 2, 0, 0, 0, 1} : new byte[0];
            default -> new byte[0];
        };
    }

    /** RFC 6887: the MAP request comes back, with what was assigned. */
    private byte[] pcp(byte[] request) {
        byte[] reply = Arrays.copyOf(request, request.length);
        ByteBuffer fields = ByteBuffer.wrap(reply);
        boolean gone = fields.getInt(4) == 0;
        reply[1] |= (byte) 0x80;
        reply[2] = 0;
        reply[3] = 0;
        fields.putInt(4, gone ? 0 : lifetime);
        fields.putInt(8, 1);
        Arrays.fill(reply, 12, 24, (byte) 0);
        int internal = fields.getShort(40) & 0xffff;
        fields.putShort(42, (short) (internal ^ 1));
        Arrays.fill(reply, 44, 54, (byte) 0);
        reply[54] = (byte) 0xff;
        reply[55] = (byte) 0xff;
        System.arraycopy(OUTSIDE, 0, reply, 56, 4);
        mapped.add(new Mapped(reply[36] == 6 ? "TCP" : "UDP", internal, internal ^ 1, gone ? 0 : lifetime));
        return reply;
    }

    /** RFC 6886. */
    private byte[] natPmp(byte[] request) {
        if (request[1] == 0) {
            return ByteBuffer.allocate(12)
                    .put((byte) 0)
                    .put((byte) 128)
                    .putShort((short) 0)
                    .putInt(1)
                    .put(OUTSIDE)
                    .array();
        }
        ByteBuffer asked = ByteBuffer.wrap(request);
        int internal = asked.getShort(4) & 0xffff;
        long wanted = asked.getInt(8) & 0xffff_ffffL;
        long given = wanted == 0 ? 0 : lifetime;
        mapped.add(new Mapped(request[1] == 2 ? "TCP" : "UDP", internal, internal ^ 1, given));
        return ByteBuffer.allocate(16)
                .put((byte) 0)
                .put((byte) (128 + request[1]))
                .putShort((short) 0)
                .putInt(1)
                .putShort((short) internal)
                .putShort((short) (wanted == 0 ? 0 : internal ^ 1))
                .putInt((int) given)
                .array();
    }

    private byte[] found() {
        if (speaks == Speaks.PCP || speaks == Speaks.NAT_PMP || speaks == Speaks.NOTHING) {
            return new byte[0];
        }
        String host = speaks == Speaks.UPNP_ELSEWHERE ? "127.0.0.9" : "127.0.0.1";
        return ("HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n"
                        + "USN: uuid:1\r\nEXT:\r\nSERVER: Fake/1 UPnP/1.1 Router/1\r\nLOCATION: http://" + host + ":"
                        + http.getLocalPort() + "/root.xml\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private void serveHttp() {
        try {
            while (true) {
                Socket socket = http.accept();
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException closed) {
            return;
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            String request = read(socket);
            requests.add(request.lines().findFirst().orElse(""));
            if (speaks == Speaks.ENDLESS_UPNP) {
                byte[] chunk = new byte[64 * 1024];
                socket.getOutputStream().write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                while (true) {
                    socket.getOutputStream().write(chunk);
                }
            }
            String body = body(request);
            socket.getOutputStream()
                    .write(("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: " + body.length() + "\r\n\r\n"
                                    + body)
                            .getBytes(StandardCharsets.US_ASCII));
            // As some routers do, it leaves the connection open: the client must go by the length.
            socket.getInputStream().read();
        } catch (IOException gone) {
            return;
        }
    }

    private static String read(Socket socket) throws IOException {
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        byte[] buffer = new byte[4096];
        Pattern length = Pattern.compile("content-length: *(\\d+)", Pattern.CASE_INSENSITIVE);
        while (true) {
            String text = received.toString(StandardCharsets.US_ASCII);
            int end = text.indexOf("\r\n\r\n");
            if (end >= 0) {
                Matcher body = length.matcher(text.substring(0, end));
                if (!body.find() || text.length() - end - 4 >= Integer.parseInt(body.group(1))) {
                    return text;
                }
            }
            int count = socket.getInputStream().read(buffer);
            if (count < 0) {
                throw new IOException("half a request");
            }
            received.write(buffer, 0, count);
        }
    }

    private String body(String request) {
        String type = "urn:schemas-upnp-org:service:WANIPConnection:1";
        if (request.startsWith("GET /root.xml")) {
            return "<root><device><serviceList><service><serviceType>" + type
                    + "</serviceType><serviceId>urn:upnp-org:serviceId:WANIPConn1</serviceId><controlURL>/control</controlURL>"
                    + "<eventSubURL>/event</eventSubURL><SCPDURL>/scpd.xml</SCPDURL></service></serviceList></device></root>";
        }
        if (request.startsWith("GET /scpd.xml")) {
            StringBuilder actions = new StringBuilder("<scpd><actionList>");
            for (String action : List.of(
                    "GetExternalIPAddress", "GetSpecificPortMappingEntry", "DeletePortMapping", "AddPortMapping")) {
                actions.append("<action><name>").append(action).append("</name></action>");
            }
            return actions.append("</actionList></scpd>").toString();
        }
        if (request.contains("#GetExternalIPAddress")) {
            return soap("GetExternalIPAddress", "<NewExternalIPAddress>198.51.100.7</NewExternalIPAddress>", type);
        }
        int external = number(request, "NewExternalPort");
        String protocol = request.contains("<NewProtocol>TCP") ? "TCP" : "UDP";
        if (request.contains("#AddPortMapping")) {
            mapped.add(new Mapped(
                    protocol, number(request, "NewInternalPort"), external, number(request, "NewLeaseDuration")));
            return soap("AddPortMapping", "", type);
        }
        mapped.add(new Mapped(protocol, external, external, 0));
        return soap("DeletePortMapping", "", type);
    }

    private static int number(String request, String argument) {
        Matcher found = Pattern.compile("<" + argument + ">(\\d+)<").matcher(request);
        return found.find() ? Integer.parseInt(found.group(1)) : -1;
    }

    private static String soap(String action, String arguments, String type) {
        return "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" "
                + "s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body><u:" + action
                + "Response xmlns:u=\"" + type + "\">" + arguments + "</u:" + action
                + "Response></s:Body></s:Envelope>";
    }

    @Override
    public void close() throws IOException {
        udp.close();
        ssdp.close();
        http.close();
    }
}
