package network.guts.libp2p.dns;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A DNS server on loopback that knows what a test tells it (RFC 1035, UDP). */
public final class LocalDns implements Closeable {
    private static final int A = 1;
    private static final int TXT = 16;
    private static final int AAAA = 28;

    private record Question(String name, int type) {}

    private final DatagramSocket socket;
    private final Map<Question, List<byte[]>> records = new ConcurrentHashMap<>();
    private final AtomicInteger questions = new AtomicInteger();

    public LocalDns() throws IOException {
        socket = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        Thread.ofVirtual().name("local-dns").start(this::serve);
    }

    public InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort());
    }

    /** How many questions were asked. */
    public int questions() {
        return questions.get();
    }

    public LocalDns address(String name, String ip) {
        byte[] raw = InetAddress.ofLiteral(ip).getAddress();
        return add(name, raw.length == 4 ? A : AAAA, raw);
    }

    /** Texts over 255 bytes are cut into strings, as the format wants it. */
    public LocalDns text(String name, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int at = 0; at < bytes.length; at += 255) {
            int count = Math.min(255, bytes.length - at);
            out.write(count);
            out.write(bytes, at, count);
        }
        return add(name, TXT, out.toByteArray());
    }

    private LocalDns add(String name, int type, byte[] data) {
        records.computeIfAbsent(new Question(name, type), q -> new ArrayList<>())
                .add(data);
        return this;
    }

    private void serve() {
        byte[] buffer = new byte[1500];
        while (!socket.isClosed()) {
            try {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                socket.receive(packet);
                questions.incrementAndGet();
                byte[] answer = answer(buffer, packet.getLength());
                socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
            } catch (SocketException closed) {
                return;
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private byte[] answer(byte[] packet, int length) {
        ByteBuffer query = ByteBuffer.wrap(packet, 0, length);
        short id = query.getShort();
        query.position(12);
        StringBuilder name = new StringBuilder();
        for (int size = query.get(); size > 0; size = query.get()) {
            byte[] label = new byte[size];
            query.get(label);
            name.append(name.isEmpty() ? "" : ".").append(new String(label, StandardCharsets.US_ASCII));
        }
        int type = query.getShort();
        int end = query.position() + 2;
        String asked = name.toString().toLowerCase(Locale.ROOT);
        List<byte[]> found = records.getOrDefault(new Question(asked, type), List.of());
        boolean known = records.keySet().stream().anyMatch(q -> q.name.equals(asked));
        ByteBuffer out = ByteBuffer.allocate(1400);
        out.putShort(id).putShort((short) (known ? 0x8580 : 0x8583)).putShort((short) 1);
        int countAt = out.position();
        out.putShort((short) 0).putShort((short) 0).putShort((short) 0);
        out.put(packet, 12, end - 12);
        int count = 0;
        for (byte[] data : found) {
            if (out.remaining() >= 12 + data.length) {
                out.putShort((short) 0xc00c)
                        .putShort((short) type)
                        .putShort((short) 1)
                        .putInt(60);
                out.putShort((short) data.length).put(data);
                count++;
            }
        }
        out.putShort(countAt, (short) count);
        byte[] bytes = new byte[out.flip().remaining()];
        out.get(bytes);
        return bytes;
    }

    @Override
    public void close() {
        socket.close();
    }
}
