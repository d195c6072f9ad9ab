package network.guts.node.daemon;

import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.host.Host.Registration;
import network.guts.core.host.HostListener;
import network.guts.core.host.Reachability;
import network.guts.dht.Dht;
import network.guts.libp2p.Libp2pHost;
import network.guts.node.config.Config;

/**
 * Whether a node answers queries of the DHT: what the configuration says, and with {@code auto} what the node's
 * reachability says, for as long as it runs. A server that nobody reaches makes every look-up of others slower.
 */
final class DhtMode implements AutoCloseable {
    private final Config config;
    private final Libp2pHost host;
    private final Dht dht;
    private final Registration listening;
    private final ReentrantLock lock = new ReentrantLock();

    private DhtMode(Config config, Libp2pHost host, Dht dht) {
        this.config = config;
        this.host = host;
        this.dht = dht;
        this.listening = host.listen(new HostListener() {
            @Override
            public void reachabilityChanged(Reachability reachability) {
                // The host's events must not wait for the DHT.
                Thread.ofVirtual().name("dht-mode").start(() -> follow());
            }
        });
        follow();
    }

    /** Keeps the mode as it should be until it is closed. */
    static DhtMode follow(Config config, Libp2pHost host, Dht dht) {
        return new DhtMode(config, host, dht);
    }

    /** What is true now counts, not what an event said: so it does not matter in which order they are heard. */
    private void follow() {
        lock.lock();
        try {
            dht.mode(of(config, host.reachability()));
        } finally {
            lock.unlock();
        }
    }

    /**
     * The mode at one moment. On the public network nobody knows before others have tried; a node of a network of one's own
     * that listens is taken for reachable until they have failed: somebody has to be the first.
     */
    static Dht.Mode of(Config config, Reachability reachability) {
        return switch (config.dht()) {
            case SERVER -> Dht.Mode.SERVER;
            case CLIENT -> Dht.Mode.CLIENT;
            case AUTO -> {
                boolean taken = reachability == Reachability.UNKNOWN
                        && !config.isPublic()
                        && !config.listen().isEmpty();
                yield reachability == Reachability.PUBLIC || taken ? Dht.Mode.SERVER : Dht.Mode.CLIENT;
            }
        };
    }

    @Override
    public void close() {
        listening.close();
    }
}
