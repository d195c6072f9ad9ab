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
    public static final int MAX_ENCODED = 1024;

    public RefsHeader {
        resolves = List.copyOf(resolves);
    }
}
