package network.guts.sync.wire;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.core.Bytes;
import network.guts.core.PublicKey;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RepositoryId;

/**
 * A message of the sync protocol. Envelopes in it are bytes: whoever uses one opens it with its own codec.
 *
 * @param request the request that this is, or answers: rising on a stream, from 1
 * @param last whether this ends the reply
 */
public record SyncMessage(long request, boolean last, Content content) {
    /** What a message says. */
    public sealed interface Content {}

    /** What only an asker sends. */
    public sealed interface Request extends Content {}

    /** What only the asked sends. */
    public sealed interface Reply extends Content {}

    /** Opens a stream. */
    public record Hello(int version, List<String> capabilities, int maxRequests, int maxStreams) implements Request {
        public Hello {
            capabilities = List.copyOf(capabilities);
        }
    }

    /** Answers {@link Hello}. */
    public record HelloAck(int version, List<String> capabilities, int maxRequests, int maxStreams) implements Reply {
        public HelloAck {
            capabilities = List.copyOf(capabilities);
        }
    }

    /**
     * Asks for the signed records of a repository.
     *
     * @param revisions how many revisions of the identity the asker has
     * @param since the highest sequence of each signer that the asker has, in the order in which it was given
     */
    public record GetRefs(RepositoryId repository, long revisions, Map<PublicKey, Long> since) implements Request {
        public GetRefs {
            since = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(since));
        }
    }

    /**
     * A part of the answer to {@link GetRefs}.
     *
     * @param identities envelopes in order of revisions
     * @param bodies small ones, to save a round trip
     * @param peers signed peer records of other providers
     */
    public record Refs(
            List<Bytes> identities, List<Bytes> headers, List<Bytes> fresh, List<Bytes> bodies, List<Bytes> peers)
            implements Reply {
        public Refs {
            identities = List.copyOf(identities);
            headers = List.copyOf(headers);
            fresh = List.copyOf(fresh);
            bodies = List.copyOf(bodies);
            peers = List.copyOf(peers);
        }
    }

    /**
     * Asks for a range of a refs body.
     *
     * @param length bytes, 0 for all that is left
     */
    public record GetBody(RepositoryId repository, Bytes hash, long offset, long length) implements Request {}

    /** A piece of a body. */
    public record Body(long total, long offset, Bytes data) implements Reply {}

    /** Asks for descriptors, and for which chunks are held. */
    public record GetPacks(RepositoryId repository, List<PackId> packs, boolean heldOnly) implements Request {
        public GetPacks {
            packs = List.copyOf(packs);
        }
    }

    /**
     * A piece of one pack's descriptor.
     *
     * @param held the bitmap of chunks; empty if every one is held
     */
    public record Packs(PackId pack, long total, long offset, Bytes data, Optional<Bytes> held) implements Reply {}

    /** Asks for chunks of a pack. */
    public record GetChunks(RepositoryId repository, PackId pack, List<Range> ranges) implements Request {
        /** {@code count} chunks from {@code first}. */
        public record Range(int first, int count) {}

        public GetChunks {
            ranges = List.copyOf(ranges);
        }

        /** How many chunks are asked for. */
        public int count() {
            return ranges.stream().mapToInt(Range::count).sum();
        }
    }

    /** A chunk; the data may be a view of the frame. */
    public record Chunk(int index, ByteString data) implements Reply {}

    /** Asks what the node seeds, from behind {@code after}. */
    public record GetInventory(Optional<RepositoryId> after) implements Request {}

    /** A page of the answer to {@link GetInventory}, in order of ids. */
    public record Inventory(List<RepositoryId> repositories) implements Reply {
        public Inventory {
            repositories = List.copyOf(repositories);
        }
    }

    /**
     * A request that failed.
     *
     * @param message for people; escaped before it is shown
     * @param retryAfter with {@link Code#BUSY}
     * @param peers signed peer records, with {@link Code#UNKNOWN_REPOSITORY}
     */
    public record Failure(Code code, String message, Duration retryAfter, List<Bytes> peers) implements Reply {
        public Failure {
            peers = List.copyOf(peers);
        }

        public Failure(Code code, String message) {
            this(code, message, Duration.ZERO, List.of());
        }

        /** The numbers of the protocol. */
        public enum Code {
            MALFORMED(1),
            UNSUPPORTED(2),
            UNKNOWN_REPOSITORY(3),
            NOT_HELD(4),
            BUSY(5),
            REFUSED(6),
            TOO_LARGE(7),
            INTERNAL(8);

            private final int number;

            Code(int number) {
                this.number = number;
            }

            public int number() {
                return number;
            }

            /** Whether the stream ends with it. */
            public boolean endsStream() {
                return this == MALFORMED || this == TOO_LARGE;
            }
        }
    }

    /** A well-formed message of a kind that is not spoken here: a later version's, or one of a later capability. */
    public record Unsupported() implements Request {}
}
