package network.guts.sync.model;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import network.guts.core.Bytes;

/**
 * The small, signed half of a delegate's refs: what is announced.
 *
 * @param sequence from 1, rising with every header of the signer
 * @param previous hash of the signer's last header; empty for the first
 * @param identity hash of the identity revision that it was made under
 * @param time informs, never decides
 * @param body hash of the {@link RefsBody}
 * @param resolves hashes of headers of one sequence that this one mends (see equivocation)
 */
public record RefsHeader(
        RepositoryId repository,
        long sequence,
        Optional<Bytes> previous,
        Bytes identity,
        Instant time,
        Bytes body,
        List<Bytes> resolves) {
    /** Of the payload, so that an announcement fits any network's message. */
    public static final int MAX_ENCODED = 1024;
    /** Two for each of eight forks; more do not fit a header's size for long. */
    public static final int MAX_RESOLVES = 16;

    public RefsHeader {
        resolves = List.copyOf(resolves);
    }
}
