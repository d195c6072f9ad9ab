package network.guts.dht;

import java.io.IOException;
import java.time.InstantSource;
import java.util.random.RandomGenerator;
import network.guts.core.host.Host;
import network.guts.core.metrics.Metrics;
import network.guts.dht.shell.KademliaDht;
import network.guts.runtime.Database;

/** Makes a {@link Dht}. */
public final class Kademlia {
    private Kademlia() {}

    /**
     * A node of the network that {@code config} names. It does nothing before {@link Dht#start}.
     *
     * @param host carries its streams; must live longer
     * @param database keeps its records in tables named {@code dht_…}; must live longer
     * @param random for keys to refresh with and for spreading announcements; no longer used by the caller
     * @throws IOException if the tables cannot be made
     */
    public static Dht create(
            Host host, Database database, KademliaConfig config, InstantSource clock, RandomGenerator random)
            throws IOException {
        return create(host, database, config, clock, random, Metrics.none());
    }

    /**
     * As {@link #create(Host, Database, KademliaConfig, InstantSource, RandomGenerator)}, for a node that counts.
     *
     * @param metrics what it counts with
     * @throws IOException if the tables cannot be made
     */
    public static Dht create(
            Host host,
            Database database,
            KademliaConfig config,
            InstantSource clock,
            RandomGenerator random,
            Metrics metrics)
            throws IOException {
        return new KademliaDht(host, database, config, clock, random, metrics);
    }
}
