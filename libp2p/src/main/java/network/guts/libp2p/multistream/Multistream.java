package network.guts.libp2p.multistream;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import network.guts.libp2p.muxer.MuxedStream;

/** multistream-select 1.0. */
public final class Multistream {
    private Multistream() {}

    /**
     * A stream and what was agreed on for it.
     *
     * @param stream to be used instead of the one that was handed in: it may carry an answer that is still to come
     */
    public record Negotiated(String protocol, MuxedStream stream) {}

    /** As the dialer of a stream. A single protocol is negotiated lazily, without a round trip. */
    @SuppressWarnings("DoNotCallSuggester")
    public static Negotiated select(MuxedStream stream, List<String> protocols, Duration timeout) throws IOException {
        throw new IOException("not there yet " + stream + protocols + timeout);
    }

    /** As the one who accepted a stream: answers until one of {@code served} was agreed on. */
    @SuppressWarnings("DoNotCallSuggester")
    public static Negotiated respond(MuxedStream stream, Collection<String> served, Duration timeout)
            throws IOException {
        throw new IOException("not there yet " + stream + served + timeout);
    }
}
