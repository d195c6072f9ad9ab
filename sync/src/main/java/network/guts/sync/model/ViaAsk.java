package network.guts.sync.model;

import java.time.Instant;
import network.guts.core.PeerId;

/**
 * What a publisher signs to have a seeder keep a repository. It names both of them, so that it is of no use to anybody
 * else.
 *
 * @param seeder who is asked
 * @param publisher who asks, over a connection of its own
 * @param time of the signature
 * @param sequence of the signer's newest header
 * @param bytes of all packs that the refs need, as the publisher declares them
 */
public record ViaAsk(
        RepositoryId repository, PeerId seeder, PeerId publisher, Instant time, long sequence, long bytes) {}
