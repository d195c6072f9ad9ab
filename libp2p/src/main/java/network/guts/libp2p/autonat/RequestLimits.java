package network.guts.libp2p.autonat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import network.guts.core.PeerId;

/** How much this host dials for others, counted over the last minute. Pure, and for one thread at a time. */
final class RequestLimits {
    /**
     * Requests a minute, and at a time.
     *
     * @param total of all peers
     * @param perPeer of one peer, and of one public network: peer ids cost nothing
     * @param withData of those that cost the client data
     * @param running of all peers at a time
     * @param runningPerPeer of one peer at a time
     */
    record Settings(int total, int perPeer, int withData, int running, int runningPerPeer) {
        /** As go-libp2p; a dial takes ten seconds at most, so at one request a second ten run at a time. */
        static final Settings DEFAULT = new Settings(60, 12, 12, 16, 2);
    }

    private static final Duration WINDOW = Duration.ofMinutes(1);

    private record Request(PeerId peer, String network, Instant at) {}

    private final Settings settings;
    private final Deque<Request> requests = new ArrayDeque<>();
    private final Deque<Instant> withData = new ArrayDeque<>();
    private final Map<PeerId, Integer> running = new HashMap<>();
    private int runningInAll;

    RequestLimits(Settings settings) {
        this.settings = settings;
    }

    /**
     * True if a request may be served: then {@link #end} must follow.
     *
     * @param network where the peer is
     */
    boolean begin(PeerId peer, String network, Instant now) {
        requests.removeIf(request -> !request.at.plus(WINDOW).isAfter(now));
        long samePeer =
                requests.stream().filter(request -> request.peer.equals(peer)).count();
        long sameNetwork = requests.stream()
                .filter(request -> request.network.equals(network))
                .count();
        if (requests.size() >= settings.total
                || samePeer >= settings.perPeer
                || sameNetwork >= settings.perPeer
                || runningInAll >= settings.running
                || running.getOrDefault(peer, 0) >= settings.runningPerPeer) {
            return false;
        }
        requests.add(new Request(peer, network, now));
        running.merge(peer, 1, Integer::sum);
        runningInAll++;
        return true;
    }

    /** True if it may be one for which the client is asked for data. */
    boolean data(Instant now) {
        withData.removeIf(at -> !at.plus(WINDOW).isAfter(now));
        if (withData.size() >= settings.withData) {
            return false;
        }
        withData.add(now);
        return true;
    }

    void end(PeerId peer) {
        running.computeIfPresent(peer, (key, count) -> count > 1 ? count - 1 : null);
        runningInAll--;
    }
}
