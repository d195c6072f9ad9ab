package network.guts.libp2p.tcp;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;
import network.guts.core.Multiaddr;

/** How far an IP address reaches. */
public enum IpClass {
    LOOPBACK,
    LINK_LOCAL,
    PRIVATE,
    PUBLIC;

    public static IpClass of(InetAddress address) {
        byte[] raw = address.getAddress();
        if (address.isLoopbackAddress()) {
            return LOOPBACK;
        }
        if (address.isLinkLocalAddress()) {
            return LINK_LOCAL;
        }
        if (address.isSiteLocalAddress() || address.isAnyLocalAddress() || address.isMulticastAddress()) {
            return PRIVATE;
        }
        if (address instanceof Inet6Address) {
            // RFC 4193: fc00::/7
            return (raw[0] & 0xfe) == 0xfc ? PRIVATE : PUBLIC;
        }
        // RFC 6598: 100.64.0.0/10, behind carriers' NATs
        return raw[0] == 100 && (raw[1] & 0xc0) == 64 ? PRIVATE : PUBLIC;
    }

    /** The class of an address that begins with an IP address; what has none (a name) counts as public. */
    public static IpClass of(Multiaddr address) {
        return address.ip().map(IpClass::of).orElse(PUBLIC);
    }

    /**
     * True if an address of this class means anything to a remote of class {@code remote}: loopback addresses only on the
     * same machine, private ones not across the public network.
     */
    public boolean usableFrom(IpClass remote) {
        return switch (remote) {
            case LOOPBACK -> true;
            case LINK_LOCAL, PRIVATE -> this == PRIVATE || this == PUBLIC;
            case PUBLIC -> this == PUBLIC;
        };
    }

    /** What connections are counted by: an IPv4 address, or the /56 that one customer gets of IPv6. */
    public static String group(InetAddress address) {
        byte[] raw = address.getAddress();
        return HexFormat.of().formatHex(raw.length == 4 ? raw : Arrays.copyOf(raw, 7));
    }
}
