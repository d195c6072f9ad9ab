package network.guts.sync.records;

import java.util.Optional;
import network.guts.core.PublicKey;
import network.guts.sync.model.RepositoryId;

/**
 * A repository that is seeded although nobody here asked for it, and on whose account.
 *
 * @param signer the delegate that announced it
 * @param group the group of public addresses that it came from; empty for private ones
 */
public record Mirrored(RepositoryId repository, PublicKey signer, Optional<String> group) {}
