package network.guts.sync.model;

import java.time.Instant;
import network.guts.core.Bytes;

/**
 * A delegate's word that a header was its newest at a time, so that nobody can pass off last year's state as today's.
 *
 * @param header hash of the header's payload
 */
public record Fresh(RepositoryId repository, long sequence, Bytes header, Instant time) {}
