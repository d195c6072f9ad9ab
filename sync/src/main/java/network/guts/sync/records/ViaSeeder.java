package network.guts.sync.records;

import network.guts.core.PeerInfo;
import network.guts.sync.model.RepositoryId;

/**
 * A seeder that was asked to keep a repository of this node's, and agreed.
 *
 * @param sequence of this node's newest header that it had, when it last said so; 0 until it has everything
 */
public record ViaSeeder(RepositoryId repository, PeerInfo seeder, long sequence) {}
