package network.guts.sync.via;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.core.host.Host;
import network.guts.core.host.Stream;
import network.guts.core.host.UnsupportedProtocolException;
import network.guts.runtime.Frames;
import network.guts.sync.Progress;
import network.guts.sync.SyncException;
import network.guts.sync.model.Signed;
import network.guts.sync.model.ViaAsk;
import network.guts.sync.protocol.Printable;
import network.guts.sync.wire.ViaCodec;
import network.guts.sync.wire.ViaReply;
import network.guts.sync.wire.ViaReply.Failure;

/** Asks a seeder once, and waits until it has everything. */
final class ViaClient {
    /** A seeder that is at work says so every few seconds. */
    static final Duration SILENCE = Duration.ofSeconds(30);

    /** No repository that is taken needs longer; a seeder that says so all the time is not believed. */
    private static final Duration LONGEST = Duration.ofHours(24);

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    /** Told that the seeder has agreed and is at work; often. */
    @FunctionalInterface
    interface Accepted {
        void atWork() throws IOException;
    }

    private final Host host;

    ViaClient(Host host) {
        this.host = host;
    }

    /**
     * Connects where there is no connection, and asks.
     *
     * @param accepted called for each word of a seeder that is at work
     * @return the sequence that the seeder has
     * @throws SyncException REFUSED or FAILED, as the seeder says, with its reason
     * @throws ViaBusyException if it asks to come back later
     * @throws UnsupportedProtocolException if it keeps nothing for others
     * @throws IOException if it cannot be reached, or is lost
     */
    long ask(PeerInfo seeder, Signed<ViaAsk> ask, Accepted accepted, Progress progress) throws IOException {
        host.connect(seeder.peer(), seeder.addresses(), TIMEOUT);
        long end = System.nanoTime() + LONGEST.toNanos();
        try (Stream stream = host.open(seeder.peer(), List.of(ViaCodec.PROTOCOL), TIMEOUT)) {
            stream.readTimeout(SILENCE);
            stream.writeTimeout(TIMEOUT);
            Frames.write(stream, ask.envelope().encoded().toArray());
            Rate rate = new Rate();
            while (System.nanoTime() < end) {
                ViaReply reply = ViaCodec.decodeReply(Frames.readRequired(stream, ViaCodec.MAX_REPLY));
                switch (reply) {
                    case ViaReply.Working working -> {
                        accepted.atWork();
                        progress.update(new Progress.State(
                                "seeder: " + Printable.of(working.phase()),
                                working.bytes(),
                                working.totalBytes(),
                                working.objects(),
                                working.totalObjects(),
                                0,
                                rate.of(working.bytes())));
                    }
                    case ViaReply.Kept kept -> {
                        if (kept.sequence() < ask.value().sequence()) {
                            throw new MalformedException("says that it keeps what is older than what it was asked for");
                        }
                        return kept.sequence();
                    }
                    case Failure failure -> throw failed(seeder.peer(), ask.value(), failure);
                }
            }
            throw new SocketTimeoutException(seeder.peer() + " was at work for " + LONGEST.toHours() + " h");
        }
    }

    private static IOException failed(PeerId seeder, ViaAsk ask, Failure failure) {
        String what = seeder + " does not keep " + ask.repository() + ": " + Printable.of(failure.message());
        return switch (failure.code()) {
            case BUSY -> new ViaBusyException(what, failure.retryAfter());
            case REFUSED ->
                new SyncException(
                        SyncException.Kind.REFUSED,
                        what,
                        "Ask its owner, who sets seeding.via and the quotas there, or another seeder.");
            case MALFORMED, INTERNAL, FAILED ->
                new SyncException(
                        SyncException.Kind.FAILED,
                        what,
                        "Try again later: what the seeder has verified is kept there.");
        };
    }

    /** Bytes a second since the seeder began. */
    private static final class Rate {
        private final long begin = System.nanoTime();
        private long before = -1;

        double of(long bytes) {
            // What it had from an earlier time does not count.
            before = before < 0 ? bytes : before;
            return (bytes - before) * 1e9 / Math.max(1, System.nanoTime() - begin);
        }
    }
}
