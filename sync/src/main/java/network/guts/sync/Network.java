package network.guts.sync;

import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;
import network.guts.core.PeerInfo;
import network.guts.sync.model.RepositoryId;

/** What repositories need of the other protocols; the program plugs Kademlia and GossipSub in here. */
public interface Network {
    /**
     * Streams providers of {@code repository} as they are found, until {@code timeout}, {@code limit} or an interrupt.
     *
     * @throws IOException if nobody could be asked; the message says whom and why
     */
    void findProviders(RepositoryId repository, int limit, Duration timeout, Consumer<PeerInfo> found)
            throws IOException;

    /** From now on this node is a provider of {@code repository}. Returns at once. */
    void provide(RepositoryId repository);

    void unprovide(RepositoryId repository);

    /** Publishes a signed record on the repository's topic; failures are the network's to retry. */
    void announce(RepositoryId repository, byte[] envelope);

    /** Publishes a signed announcement of a repository on the topic of all repositories. */
    void announceToAll(byte[] envelope);

    /** From now on what is announced to all is judged and passed on. */
    void followAll();

    /** Follows or no longer follows the repository's topic. */
    void follow(RepositoryId repository, boolean follow);
}
