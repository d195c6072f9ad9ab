package network.guts.sync.fetch;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Optional;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;

/** What is remembered of providers in this run: who delivered, who failed, who lied. Thread-safe, bounded. */
public final class ProviderScores {
    /** More peers than a node meets in days. */
    private static final int MAX_PEERS = 10_000;

    private static final int HIGHEST = 10;
    /** A lie weighs as much as many deliveries. */
    private static final int LIE = -100;

    private final Cache<PeerId, Integer> scores =
            Caffeine.newBuilder().maximumSize(MAX_PEERS).build();

    /** 0 for a stranger; higher is better. */
    public int score(PeerId peer) {
        Integer score = scores.getIfPresent(peer);
        return score == null ? 0 : score;
    }

    public void delivered(PeerId peer) {
        scores.asMap().merge(peer, 1, (old, one) -> Math.min(HIGHEST, old + one));
    }

    public void failed(PeerId peer) {
        scores.asMap().merge(peer, -1, (old, one) -> Math.max(LIE, old + one));
    }

    public void lied(PeerId peer) {
        scores.put(peer, LIE);
    }

    /** The network that a public address lies in: /16 of IPv4, /32 of IPv6. Empty for private ones and names. */
    public static Optional<String> ipGroup(PeerInfo peer) {
        return peer.addresses().stream()
                .map(Multiaddr::ip)
                .flatMap(Optional::stream)
                .filter(ProviderScores::isPublic)
                .map(ProviderScores::prefix)
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
