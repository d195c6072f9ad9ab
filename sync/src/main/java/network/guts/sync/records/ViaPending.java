package network.guts.sync.records;

import java.time.Instant;
import network.guts.sync.model.RepositoryId;

/**
 * A repository that this node agreed to keep for somebody, and that is not complete here yet.
 *
 * @param bytes that it has, as the publisher declared
 * @param asked when the publisher last asked
 */
public record ViaPending(RepositoryId repository, long bytes, Instant asked) {}
