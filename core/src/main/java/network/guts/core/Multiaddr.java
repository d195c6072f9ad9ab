package network.guts.core;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A self-describing network address: a path of components such as {@code /ip4/127.0.0.1/tcp/9000/p2p/12D3…}. Immutable,
 * with one text and one binary form.
 *
 * @see <a href="https://multiformats.io/multiaddr/">multiaddr</a>
 */
public final class Multiaddr implements Comparable<Multiaddr> {
    /** No address in use comes near: a relayed one with certificate hashes has about 300 bytes. */
    public static final int MAX_ENCODED = 1024;

    /** A relayed QUIC address has nine components. */
    public static final int MAX_COMPONENTS = 16;

    /** The protocols of the multiaddr table that are known here. */
    public enum Part {
        IP4("ip4", 0x04, 4),
        TCP("tcp", 0x06, 2),
        DNS("dns", 0x35, -1),
        DNS4("dns4", 0x36, -1),
        DNS6("dns6", 0x37, -1),
        DNSADDR("dnsaddr", 0x38, -1),
        IP6("ip6", 0x29, 16),
        IP6ZONE("ip6zone", 0x2a, -1),
        UDP("udp", 0x0111, 2),
        P2P("p2p", 0x01a5, -1),
        P2P_CIRCUIT("p2p-circuit", 0x0122, 0),
        QUIC("quic", 0x01cc, 0),
        QUIC_V1("quic-v1", 0x01cd, 0),
        WEBTRANSPORT("webtransport", 0x01d1, 0),
        CERTHASH("certhash", 0x01d2, -1),
        TLS("tls", 0x01c0, 0),
        SNI("sni", 0x01c1, -1),
        WS("ws", 0x01dd, 0),
        WSS("wss", 0x01de, 0),
        WEBRTC_DIRECT("webrtc-direct", 0x0118, 0);

        private final String text;
        private final int code;
        private final int size;

        Part(String text, int code, int size) {
            this.text = text;
            this.code = code;
            this.size = size;
        }

        /** The name in the text form. */
        public String text() {
            return text;
        }

        private static Part of(String name) throws MalformedException {
            String known = "ipfs".equals(name) ? "p2p" : name;
            for (Part part : values()) {
                if (part.text.equals(known)) {
                    return part;
                }
            }
            throw new MalformedException("unknown multiaddr protocol");
        }

        private static Part of(long code) throws MalformedException {
            for (Part part : values()) {
                if (part.code == code) {
                    return part;
                }
            }
            throw new MalformedException("unknown multiaddr protocol " + code);
        }
    }

    /**
     * One component.
     *
     * @param value its text; empty where the protocol has none
     */
    public record Component(Part part, String value) {
        @Override
        public String toString() {
            return "/" + part.text + (part.size == 0 ? "" : "/" + value);
        }
    }

    private final List<Component> components;
    private final Bytes encoded;

    private Multiaddr(List<Component> components) throws MalformedException {
        if (components.isEmpty() || components.size() > MAX_COMPONENTS) {
            throw new MalformedException("multiaddr of " + components.size() + " components");
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Component component : components) {
            byte[] value = encode(component);
            Varint.write(out, component.part.code);
            if (component.part.size < 0) {
                Varint.write(out, value.length);
            }
            out.writeBytes(value);
        }
        if (out.size() > MAX_ENCODED) {
            throw new MalformedException("multiaddr of " + out.size() + " bytes");
        }
        this.components = List.copyOf(components);
        this.encoded = Bytes.of(out.toByteArray());
    }

    /**
     * @throws MalformedException if {@code text} is no address, or uses a protocol that is not known here
     */
    public static Multiaddr parse(String text) throws MalformedException {
        if (!text.startsWith("/") || text.length() > 2 * MAX_ENCODED) {
            throw new MalformedException("a multiaddr begins with '/' and is not endless");
        }
        String[] words = text.substring(1).split("/", -1);
        int count = words.length > 1 && words[words.length - 1].isEmpty() ? words.length - 1 : words.length;
        List<Component> components = new ArrayList<>();
        for (int at = 0; at < count; ) {
            Part part = Part.of(words[at++]);
            if (part.size == 0) {
                components.add(new Component(part, ""));
            } else if (at < count) {
                components.add(canonical(part, words[at++]));
            } else {
                throw new MalformedException("multiaddr ends where " + part.text + " wants a value");
            }
        }
        return new Multiaddr(components);
    }

    /**
     * @throws MalformedException if {@code bytes} is no address, or uses a protocol that is not known here
     */
    public static Multiaddr parse(byte[] bytes) throws MalformedException {
        if (bytes.length > MAX_ENCODED) {
            throw new MalformedException("multiaddr of " + bytes.length + " bytes");
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        List<Component> components = new ArrayList<>();
        while (in.hasRemaining()) {
            Part part = Part.of(Varint.read(in));
            long size = part.size < 0 ? Varint.read(in) : part.size;
            if (size > in.remaining()) {
                throw new MalformedException("multiaddr cut off");
            }
            byte[] value = new byte[(int) size];
            in.get(value);
            components.add(new Component(part, decode(part, value)));
        }
        return new Multiaddr(components);
    }

    /** The address, or empty if it is malformed or of a protocol that is not known here: for lists of a remote. */
    public static Optional<Multiaddr> tryParse(byte[] bytes) {
        try {
            return Optional.of(parse(bytes));
        } catch (MalformedException unusable) {
            return Optional.empty();
        }
    }

    /** {@code /ip4|ip6/…/tcp/port} of a numeric address. */
    public static Multiaddr tcp(InetAddress address, int port) {
        return ofNumeric(address, Part.TCP, port);
    }

    private static Multiaddr ofNumeric(InetAddress address, Part transport, int port) {
        byte[] raw = address.getAddress();
        Part ip = raw.length == 4 ? Part.IP4 : Part.IP6;
        try {
            return new Multiaddr(
                    List.of(new Component(ip, decode(ip, raw)), new Component(transport, Integer.toString(port))));
        } catch (MalformedException e) {
            throw new IllegalArgumentException("no socket address: " + address + " port " + port, e);
        }
    }

    public List<Component> components() {
        return components;
    }

    /** The value of the first component {@code part}. */
    public Optional<String> value(Part part) {
        return components.stream()
                .filter(c -> c.part == part)
                .map(Component::value)
                .findFirst();
    }

    public boolean has(Part part) {
        return components.stream().anyMatch(c -> c.part == part);
    }

    /** The IP address at the front, if there is one. Never looks a name up. */
    public Optional<InetAddress> ip() {
        Component first = components.getFirst();
        if (first.part != Part.IP4 && first.part != Part.IP6) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.getByAddress(encode(first)));
        } catch (UnknownHostException | MalformedException e) {
            throw new IllegalStateException("a parsed address holds a valid IP address", e);
        }
    }

    /** The TCP or UDP port, if there is one. */
    public Optional<Integer> port() {
        return value(Part.TCP).or(() -> value(Part.UDP)).map(Integer::valueOf);
    }

    /** The last {@code /p2p} component: who is expected there. */
    public Optional<PeerId> peerId() {
        Component last = components.getLast();
        if (last.part != Part.P2P) {
            return Optional.empty();
        }
        try {
            return Optional.of(PeerId.parse(last.value));
        } catch (MalformedException e) {
            throw new IllegalStateException("a parsed address holds a valid peer id", e);
        }
    }

    /** This address without a {@code /p2p} component at its end; empty if nothing else is there. */
    public Optional<Multiaddr> withoutPeerId() {
        if (components.getLast().part != Part.P2P) {
            return Optional.of(this);
        }
        return components.size() == 1
                ? Optional.empty()
                : Optional.of(unchecked(components.subList(0, components.size() - 1)));
    }

    /** This address with {@code /p2p/peer} at its end. */
    public Multiaddr withPeerId(PeerId peer) {
        List<Component> longer =
                new ArrayList<>(withoutPeerId().map(a -> a.components).orElse(List.of()));
        longer.add(new Component(Part.P2P, peer.toString()));
        return unchecked(longer);
    }

    private static Multiaddr unchecked(List<Component> components) {
        try {
            return new Multiaddr(components);
        } catch (MalformedException e) {
            throw new IllegalArgumentException("not an address: " + components, e);
        }
    }

    public byte[] toBytes() {
        return encoded.toArray();
    }

    private static Component canonical(Part part, String value) throws MalformedException {
        return new Component(part, decode(part, encode(new Component(part, value))));
    }

    private static byte[] encode(Component component) throws MalformedException {
        String value = component.value;
        return switch (component.part) {
            case IP4 -> ip(value, 4);
            case IP6 -> ip(value, 16);
            case TCP, UDP -> port(value);
            case P2P -> PeerId.parse(value).toBytes();
            case CERTHASH -> {
                if (!value.startsWith("u")) {
                    throw new MalformedException("a certhash is base64url with prefix 'u'");
                }
                try {
                    yield java.util.Base64.getUrlDecoder().decode(value.substring(1));
                } catch (IllegalArgumentException e) {
                    throw new MalformedException("certhash is no base64url", e);
                }
            }
            case DNS, DNS4, DNS6, DNSADDR, IP6ZONE, SNI -> name(value);
            default -> new byte[0];
        };
    }

    private static String decode(Part part, byte[] value) throws MalformedException {
        return switch (part) {
            case IP4, IP6 -> {
                if (value.length != part.size) {
                    throw new MalformedException("IP address of " + value.length + " bytes");
                }
                yield part == Part.IP4 ? IpText.ip4(value) : IpText.ip6(value);
            }
            case TCP, UDP -> Integer.toString((value[0] & 0xff) << 8 | value[1] & 0xff);
            case P2P -> PeerId.parse(value).toString();
            case CERTHASH ->
                "u" + java.util.Base64.getUrlEncoder().withoutPadding().encodeToString(value);
            case DNS, DNS4, DNS6, DNSADDR, IP6ZONE, SNI -> {
                String text = new String(value, StandardCharsets.UTF_8);
                name(text);
                yield text;
            }
            default -> "";
        };
    }

    private static byte[] ip(String text, int size) throws MalformedException {
        byte[] address = size == 4 ? IpText.parseIp4(text) : IpText.parseIp6(text);
        if (address.length != size) {
            throw new MalformedException("not an IP address of " + size + " bytes");
        }
        return address;
    }

    private static byte[] port(String text) throws MalformedException {
        if (text.isEmpty() || text.length() > 5 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new MalformedException("not a port number");
        }
        int port = Integer.parseInt(text);
        if (port > 0xffff) {
            throw new MalformedException("port " + port + " is over 65535");
        }
        return new byte[] {(byte) (port >> 8), (byte) port};
    }

    /** Names are ASCII letters, digits, '-', '.', '_' and '*': nothing that could reach a terminal or a shell. */
    private static byte[] name(String text) throws MalformedException {
        boolean valid = !text.isEmpty()
                && text.length() <= 253
                && text.chars()
                        .allMatch(c -> c >= 'a' && c <= 'z'
                                || c >= 'A' && c <= 'Z'
                                || c >= '0' && c <= '9'
                                || c == '-'
                                || c == '.'
                                || c == '_'
                                || c == '*');
        if (!valid) {
            throw new MalformedException("not a host name");
        }
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public int compareTo(Multiaddr other) {
        return encoded.compareTo(other.encoded);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Multiaddr address && encoded.equals(address.encoded);
    }

    @Override
    public int hashCode() {
        return encoded.hashCode();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        components.forEach(text::append);
        return text.toString();
    }
}
