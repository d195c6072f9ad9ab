package network.guts.gossip.shell;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Predicate;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.gossip.core.GossipInput.Received;
import network.guts.gossip.core.Limits;
import network.guts.gossip.core.SignedMessage;
import network.guts.gossip.shell.GossipMetrics.Fate;
import network.guts.gossip.wire.IncomingRpc;
import network.guts.gossip.wire.IncomingRpc.Candidate;
import network.guts.gossip.wire.IncomingRpc.Refused;
import network.guts.gossip.wire.IncomingRpc.Unverified;
import network.guts.gossip.wire.RpcCodec;
import network.guts.gossip.wire.StrictSign;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes inputs of frames, on the readers' threads: parses, drops what nobody follows and what is known, and checks the
 * signatures of the rest. No more run at once than there are processors.
 */
final class InboundRpcs {
    private static final Logger LOG = LoggerFactory.getLogger(InboundRpcs.class);

    private final Predicate<String> followed;
    private final GossipMetrics metrics;
    private final Cache<Bytes, Boolean> seen;
    private final Semaphore processors =
            new Semaphore(Math.max(2, Runtime.getRuntime().availableProcessors()));

    InboundRpcs(Predicate<String> followed, Duration seenTtl, GossipMetrics metrics) {
        this.followed = followed;
        this.metrics = metrics;
        this.seen = Caffeine.newBuilder()
                .maximumSize(Limits.MAX_SEEN)
                .expireAfterWrite(seenTtl)
                .build();
    }

    /** The core has taken this message, whose signature held: copies need no checking. */
    void seen(Bytes id) {
        seen.put(id, true);
    }

    /**
     * @throws MalformedException if the frame is no RPC
     * @throws InterruptedIOException if the thread is interrupted while it waits for a processor
     */
    Received read(PeerId peer, byte[] frame) throws MalformedException, InterruptedIOException {
        try {
            processors.acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
        try {
            return verified(peer, RpcCodec.parse(frame));
        } finally {
            processors.release();
        }
    }

    private Received verified(PeerId peer, IncomingRpc rpc) {
        List<SignedMessage> messages = new ArrayList<>();
        Set<Bytes> duplicates = new LinkedHashSet<>();
        int refused = 0;
        int notFollowed = 0;
        for (Candidate candidate : rpc.messages()) {
            if (!followed.test(candidate.topic())) {
                notFollowed++;
                continue;
            }
            switch (candidate) {
                case Refused(var _, String reason) -> {
                    refused++;
                    LOG.debug("message by way of {} refused: {}", peer, reason);
                }
                case Unverified message when seen.getIfPresent(message.id()) != null -> duplicates.add(message.id());
                case Unverified message -> {
                    try {
                        messages.add(StrictSign.verify(message));
                    } catch (MalformedException e) {
                        refused++;
                        LOG.debug("message by way of {} refused: {}", peer, e.getMessage());
                    }
                }
            }
        }
        metrics.received(Fate.NOT_FOLLOWED, notFollowed);
        metrics.received(Fate.INVALID, refused);
        metrics.received(Fate.DUPLICATE, duplicates.size());
        metrics.received(rpc.control());
        return new Received(peer, rpc.subscriptions(), messages, List.copyOf(duplicates), refused, rpc.control());
    }
}
