package network.guts.libp2p.gate;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;

/**
 * IP addresses that begin alike. IPv4 addresses mapped into IPv6 are IPv4 addresses.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc4632">RFC 4632</a>
 */
public final class IpNetwork {
    private final byte[] first;
    private final int bits;

    private IpNetwork(byte[] first, int bits) {
        this.first = first;
        this.bits = bits;
    }

    /**
     * {@code 192.0.2.0/24}, {@code 2001:db8::/32}, or one address.
     *
     * @throws MalformedException if it is neither, or has bits beyond the prefix
     */
    public static IpNetwork parse(String text) throws MalformedException {
        int slash = text.indexOf('/');
        byte[] address = address(slash < 0 ? text : text.substring(0, slash));
        int bits = 8 * address.length;
        if (slash >= 0) {
            String number = text.substring(slash + 1);
            if (!number.matches("\\d{1,3}") || Integer.parseInt(number) > bits) {
                throw new MalformedException("the prefix /" + number + " is not between 0 and " + bits);
            }
            bits = Integer.parseInt(number);
        }
        if (!Arrays.equals(masked(address, bits), address)) {
            throw new MalformedException("the address has bits beyond the prefix /" + bits);
        }
        return new IpNetwork(address, bits);
    }

    private static byte[] address(String text) throws MalformedException {
        return Multiaddr.parse((text.indexOf(':') < 0 ? "/ip4/" : "/ip6/") + text)
                .ip()
                .orElseThrow(() -> new MalformedException("no IP address"))
                .getAddress();
    }

    private static byte[] masked(byte[] address, int bits) {
        byte[] masked = address.clone();
        for (int at = 0; at < masked.length; at++) {
            int left = Math.clamp(bits - 8L * at, 0, 8);
            masked[at] &= (byte) (0xff << (8 - left));
        }
        return masked;
    }

    /** True if {@code address} is one of them. */
    public boolean contains(InetAddress address) {
        byte[] raw = address.getAddress();
        if (raw.length != first.length) {
            return false;
        }
        int whole = bits / 8;
        if (!Arrays.equals(raw, 0, whole, first, 0, whole)) {
            return false;
        }
        int rest = bits % 8;
        return rest == 0 || ((raw[whole] ^ first[whole]) & 0xff) >> (8 - rest) == 0;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof IpNetwork network && bits == network.bits && Arrays.equals(first, network.first);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(first) + bits;
    }

    @Override
    public String toString() {
        try {
            InetAddress address = InetAddress.getByAddress(first);
            String ip = Multiaddr.tcp(address, 0).components().getFirst().value();
            return bits == 8 * first.length ? ip : ip + "/" + bits;
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + first.length + " bytes", e);
        }
    }
}
