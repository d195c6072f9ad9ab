package network.guts.libp2p.swarm;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;

/** Keeps this host from dialling an address again and again while nobody answers there. */
public final class DialBackoff {
    /** As go-libp2p: 5 s, then 5 s + 1 s × tries², at most 5 min. */
    private static final Duration BASE = Duration.ofSeconds(5);

    private static final Duration STEP = Duration.ofSeconds(1);
    private static final Duration MAX = Duration.ofMinutes(5);

    /** What is forgotten too early is only dialled once more. */
    private static final int MAX_ENTRIES = 10_000;

    private record Target(PeerId peer, Multiaddr address) {}

    /** @param until no dial before */
    private record Entry(int tries, Instant until, String reason) {}

    private final InstantSource clock;
    private final Cache<Target, Entry> entries =
            Caffeine.newBuilder().maximumSize(MAX_ENTRIES).build();

    public DialBackoff(InstantSource clock) {
        this.clock = clock;
    }

    /** Why the address is not to be dialled now; empty if it may be. */
    public Optional<String> refusal(PeerId peer, Multiaddr address) {
        Entry entry = entries.getIfPresent(new Target(peer, address));
        Instant now = clock.instant();
        if (entry == null || !entry.until.isAfter(now)) {
            return Optional.empty();
        }
        long seconds = Duration.between(now, entry.until).plusMillis(999).toSeconds();
        return Optional.of(entry.reason + " (not tried again for " + seconds + " s)");
    }

    public void failed(PeerId peer, Multiaddr address, String reason) {
        Instant now = clock.instant();
        entries.asMap().compute(new Target(peer, address), (target, entry) -> {
            int tries = entry == null ? 0 : entry.tries;
            Duration wait = BASE.plus(STEP.multipliedBy((long) tries * tries));
            return new Entry(Math.min(tries + 1, 100), now.plus(wait.compareTo(MAX) < 0 ? wait : MAX), reason);
        });
    }

    public void worked(PeerId peer, Multiaddr address) {
        entries.invalidate(new Target(peer, address));
    }

    /** The peer was heard of: all of its addresses may be tried at once. */
    public void clear(PeerId peer) {
        entries.asMap().keySet().removeIf(target -> target.peer.equals(peer));
    }
}
