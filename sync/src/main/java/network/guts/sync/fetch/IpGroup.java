package network.guts.sync.fetch;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Optional;
import network.guts.core.Multiaddr;
import network.guts.core.PeerInfo;

/** The network that a provider's public address lies in: one that owns it can make as many peers as it likes. */
public final class IpGroup {
    private IpGroup() {}

    /** /16 of IPv4, /32 of IPv6. Empty for private addresses and names. */
    public static Optional<String> of(PeerInfo peer) {
        return peer.addresses().stream()
                .map(Multiaddr::ip)
                .flatMap(Optional::stream)
                .filter(IpGroup::isPublic)
                .map(IpGroup::prefix)
                .findFirst();
    }

    private static boolean isPublic(InetAddress address) {
        boolean uniqueLocal = address instanceof Inet6Address && (address.getAddress()[0] & 0xfe) == 0xfc;
        return !uniqueLocal
                && !address.isLoopbackAddress()
                && !address.isSiteLocalAddress()
                && !address.isLinkLocalAddress()
                && !address.isAnyLocalAddress();
    }

    private static String prefix(InetAddress address) {
        byte[] raw = address.getAddress();
        StringBuilder text = new StringBuilder(raw.length == 4 ? "4" : "6");
        for (int at = 0; at < (raw.length == 4 ? 2 : 4); at++) {
            text.append('.').append(raw[at] & 0xff);
        }
        return text.toString();
    }
}
