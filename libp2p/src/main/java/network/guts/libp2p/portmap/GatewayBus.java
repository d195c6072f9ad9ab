package network.guts.libp2p.portmap;

import com.offbynull.portmapper.gateway.Bus;
import com.offbynull.portmapper.gateways.network.internalmessages.CloseNetworkRequest;
import com.offbynull.portmapper.gateways.network.internalmessages.CreateTcpNetworkRequest;
import com.offbynull.portmapper.gateways.network.internalmessages.CreateUdpNetworkRequest;
import com.offbynull.portmapper.gateways.network.internalmessages.GetLocalIpAddressesNetworkRequest;
import com.offbynull.portmapper.gateways.network.internalmessages.GetLocalIpAddressesNetworkResponse;
import com.offbynull.portmapper.gateways.network.internalmessages.GetNextIdNetworkRequest;
import com.offbynull.portmapper.gateways.network.internalmessages.GetNextIdNetworkResponse;
import com.offbynull.portmapper.gateways.network.internalmessages.IdentifiableErrorNetworkResponse;
import com.offbynull.portmapper.gateways.network.internalmessages.ReadClosedTcpNetworkNotification;
import com.offbynull.portmapper.gateways.network.internalmessages.ReadTcpNetworkNotification;
import com.offbynull.portmapper.gateways.network.internalmessages.ReadUdpNetworkNotification;
import com.offbynull.portmapper.gateways.network.internalmessages.WriteTcpNetworkRequest;
import com.offbynull.portmapper.gateways.network.internalmessages.WriteUdpNetworkRequest;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import network.guts.core.Bytes;
import network.guts.libp2p.NatConfig.PortMapping;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sockets that the library portmapper uses: it knows the protocols, this knows whom they may be spoken with. Only the
 * gateway is written to (and the multicast group in which UPnP devices are searched for), only from the address that leads
 * to it, and only what comes from there is read; the library itself would follow any device's word to any address, and
 * read whatever comes.
 *
 * <p>The library asks a UPnP device three times, also when it has answered: a request that was answered is not sent again.
 */
final class GatewayBus implements Bus, Closeable {
    /** Where routers serve PCP and NAT-PMP. */
    static final int NAT_PMP_PORT = 5351;

    /** A device's description has about 20 KiB. */
    static final int MAX_REPLY = 256 * 1024;

    /** PCP's largest message has 1,100 bytes; an answer to a search fits in one packet. */
    static final int MAX_DATAGRAM = 2048;

    /** Answers that one socket reads: a router answers a search about ten times. */
    static final int MAX_DATAGRAMS = 128;

    private static final Duration TCP_TIMEOUT = Duration.ofSeconds(5);
    private static final Pattern CONTENT_LENGTH =
            Pattern.compile("^content-length:\\s*(\\d{1,9})\\s*$", Pattern.CASE_INSENSITIVE | Pattern.MULTILINE);
    private static final Logger LOG = LoggerFactory.getLogger(GatewayBus.class);

    /** A TCP connection that the library has asked for. */
    private record Wanted(InetSocketAddress target, Bus replies) {}

    private record Asked(InetSocketAddress target, Bytes request) {}

    private final InetAddress internal;
    private final InetAddress gateway;
    private final PortMapping config;
    private final AtomicInteger ids = new AtomicInteger();
    private final Map<Integer, DatagramSocket> datagrams = new ConcurrentHashMap<>();
    private final Map<Integer, Wanted> wanted = new ConcurrentHashMap<>();
    private final Map<Integer, Socket> connections = new ConcurrentHashMap<>();
    private final Map<Asked, byte[]> answered = new ConcurrentHashMap<>();

    /**
     * @param internal this machine's address on the way to the gateway
     */
    GatewayBus(InetAddress internal, InetAddress gateway, PortMapping config) {
        this.internal = internal;
        this.gateway = gateway;
        this.config = config;
    }

    /** From now on requests are sent that were answered before. */
    void forgetAnswers() {
        answered.clear();
    }

    @Override
    public void send(Object message) {
        switch (message) {
            case GetNextIdNetworkRequest request ->
                request.getResponseBus().send(new GetNextIdNetworkResponse(ids.incrementAndGet()));
            case GetLocalIpAddressesNetworkRequest request ->
                request.getResponseBus().send(new GetLocalIpAddressesNetworkResponse(Set.of(internal)));
            case CreateUdpNetworkRequest request -> openUdp(request.getId(), request.getResponseBus());
            case WriteUdpNetworkRequest request ->
                writeUdp(request.getId(), request.getRemoteAddress(), request.getData());
            case CreateTcpNetworkRequest request ->
                wanted.put(
                        request.getId(),
                        new Wanted(
                                new InetSocketAddress(request.getDestinationAddress(), request.getDestinationPort()),
                                request.getResponseBus()));
            case WriteTcpNetworkRequest request -> writeTcp(request.getId(), request.getData());
            case CloseNetworkRequest request -> close(request.getId());
            default -> LOG.debug("portmapper wants something unknown: {}", message);
        }
    }

    private void openUdp(int id, Bus replies) {
        try {
            DatagramSocket socket = new DatagramSocket(new InetSocketAddress(internal, 0));
            NetworkInterface network = NetworkInterface.getByInetAddress(internal);
            if (network != null) {
                socket.setOption(StandardSocketOptions.IP_MULTICAST_IF, network);
            }
            datagrams.put(id, socket);
            Thread.ofVirtual().name("portmap-udp").start(() -> readUdp(id, socket, replies));
        } catch (IOException e) {
            LOG.debug("no socket on {}: {}", internal, e.toString());
            replies.send(new IdentifiableErrorNetworkResponse(id));
        }
    }

    private void writeUdp(int id, InetSocketAddress target, byte[] data) {
        DatagramSocket socket = datagrams.get(id);
        Optional<InetSocketAddress> allowed = allowed(target);
        if (socket == null || allowed.isEmpty()) {
            return;
        }
        try {
            socket.send(new DatagramPacket(data, data.length, allowed.get()));
        } catch (IOException e) {
            LOG.debug("nothing can be sent to {}: {}", allowed.get(), e.toString());
        }
    }

    /** Where a packet for {@code target} goes; empty if nobody is to be asked there. */
    private Optional<InetSocketAddress> allowed(InetSocketAddress target) {
        if (target.getAddress().isMulticastAddress()) {
            boolean sameFamily = target.getAddress().getClass() == internal.getClass();
            return sameFamily ? Optional.of(config.ssdp().orElse(target)) : Optional.empty();
        }
        return target.equals(natPmp()) ? Optional.of(config.natPmp().orElse(target)) : Optional.empty();
    }

    private InetSocketAddress natPmp() {
        return new InetSocketAddress(gateway, NAT_PMP_PORT);
    }

    private void readUdp(int id, DatagramSocket socket, Bus replies) {
        InetSocketAddress here = (InetSocketAddress) socket.getLocalSocketAddress();
        byte[] buffer = new byte[MAX_DATAGRAM];
        try {
            for (int count = 0; count < MAX_DATAGRAMS; count++) {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                socket.receive(packet);
                InetSocketAddress from = (InetSocketAddress) packet.getSocketAddress();
                if (from.getAddress().equals(gateway)) {
                    InetSocketAddress known =
                            config.natPmp().filter(from::equals).isPresent() ? natPmp() : from;
                    replies.send(new ReadUdpNetworkNotification(
                            id, here, known, Arrays.copyOf(packet.getData(), packet.getLength())));
                }
            }
        } catch (IOException e) {
            LOG.trace("{} is read no more: {}", here, e.toString());
        }
    }

    private void writeTcp(int id, byte[] request) {
        Wanted connection = wanted.get(id);
        if (connection != null) {
            Thread.ofVirtual().name("portmap-tcp").start(() -> ask(id, connection, request));
        }
    }

    private void ask(int id, Wanted connection, byte[] request) {
        Asked asked = new Asked(connection.target, Bytes.of(request));
        byte[] known = answered.get(asked);
        try {
            byte[] reply = known == null ? exchange(id, connection.target, request) : known;
            answered.put(asked, reply);
            connection.replies.send(new ReadTcpNetworkNotification(id, reply));
            connection.replies.send(new ReadClosedTcpNetworkNotification(id));
        } catch (IOException e) {
            LOG.debug("{}: {}", connection.target, e.toString());
            connection.replies.send(new IdentifiableErrorNetworkResponse(id));
        }
    }

    private byte[] exchange(int id, InetSocketAddress target, byte[] request) throws IOException {
        if (!gateway.equals(target.getAddress())) {
            throw new IOException("not the gateway, which is " + gateway.getHostAddress());
        }
        try (Socket socket = new Socket()) {
            connections.put(id, socket);
            socket.bind(new InetSocketAddress(internal, 0));
            socket.connect(target, (int) TCP_TIMEOUT.toMillis());
            socket.setSoTimeout((int) TCP_TIMEOUT.toMillis());
            socket.getOutputStream().write(request);
            return read(socket.getInputStream());
        } finally {
            connections.remove(id);
        }
    }

    /** To the end, or as far as the headers say: not every device ends the connection. */
    private static byte[] read(InputStream in) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] buffer = new byte[8192];
        while (!complete(all)) {
            int count = in.read(buffer);
            if (count < 0) {
                break;
            }
            all.write(buffer, 0, count);
            if (all.size() > MAX_REPLY) {
                throw new IOException("a reply of more than " + MAX_REPLY + " bytes");
            }
        }
        return all.toByteArray();
    }

    private static boolean complete(ByteArrayOutputStream received) {
        String text = received.toString(StandardCharsets.ISO_8859_1);
        int end = text.indexOf("\r\n\r\n");
        if (end < 0) {
            return false;
        }
        Matcher length = CONTENT_LENGTH.matcher(text.substring(0, end));
        return length.find() && text.length() - end - 4 >= Integer.parseInt(length.group(1));
    }

    private void close(int id) {
        wanted.remove(id);
        DatagramSocket socket = datagrams.remove(id);
        if (socket != null) {
            socket.close();
        }
        Socket connection = connections.remove(id);
        if (connection != null) {
            try {
                connection.close();
            } catch (IOException e) {
                LOG.debug("closing a connection to the gateway: {}", e.toString());
            }
        }
    }

    @Override
    public void close() {
        datagrams.keySet().forEach(this::close);
        connections.keySet().forEach(this::close);
    }
}
