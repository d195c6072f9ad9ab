package network.guts.node.daemon;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import network.guts.core.PeerInfo;
import network.guts.core.host.Host.Registration;
import network.guts.dht.Dht;
import network.guts.gossip.Gossip;
import network.guts.sync.Network;
import network.guts.sync.Repositories;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.Topics;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What repositories need of the other protocols, brought by Kademlia and GossipSub. */
final class NodeNetwork implements Network {
    /** An announcement that reached nobody is tried again: the topic's peers may still be on their way. */
    private static final Duration[] RETRIES = {
        Duration.ofSeconds(1), Duration.ofSeconds(3), Duration.ofSeconds(10), Duration.ofSeconds(30)
    };

    private static final Logger LOG = LoggerFactory.getLogger(NodeNetwork.class);

    private final Dht dht;
    private final Gossip gossip;
    private final Followers followers;
    private final Map<RepositoryId, Registration> topics = new HashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private volatile @Nullable Repositories repositories;
    private @Nullable Registration all;

    NodeNetwork(Dht dht, Gossip gossip, Followers followers) {
        this.dht = dht;
        this.gossip = gossip;
        this.followers = followers;
    }

    /** Who judges what comes over the topics: made after this, because it needs this. */
    void judge(Repositories judge) {
        this.repositories = judge;
    }

    @Override
    public void findProviders(RepositoryId repository, int limit, Duration timeout, Consumer<PeerInfo> found)
            throws IOException {
        dht.findProviders(
                repository.hash(), limit, timeout, provider -> found.accept(provider.provider()), event -> {});
    }

    @Override
    public void provide(RepositoryId repository) {
        dht.provideLater(repository.hash());
    }

    @Override
    public void unprovide(RepositoryId repository) {
        dht.unprovide(repository.hash());
    }

    @Override
    public void announce(RepositoryId repository, byte[] envelope) {
        byte[] data = envelope.clone();
        Thread.ofVirtual().name("announce").start(() -> announceUntilHeard(Topics.of(repository), data));
    }

    @Override
    public void announceToAll(byte[] envelope) {
        byte[] data = envelope.clone();
        Thread.ofVirtual().name("announce").start(() -> announceUntilHeard(Topics.REPOSITORIES, data));
    }

    private void announceUntilHeard(String topic, byte[] envelope) {
        try {
            for (int attempt = 0; ; attempt++) {
                if (gossip.publish(topic, envelope) > 0 || attempt == RETRIES.length) {
                    return;
                }
                Thread.sleep(RETRIES[attempt]);
            }
        } catch (IOException e) {
            LOG.error("announcing in {}: {}", topic, e.getMessage());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void followAll() {
        lock.lock();
        try {
            if (all == null) {
                all = gossip.subscribe(Topics.REPOSITORIES, this::judgeOfAll, message -> {});
            }
        } catch (IOException e) {
            LOG.error("following all repositories: {}", e.getMessage());
        } finally {
            lock.unlock();
        }
    }

    private Gossip.Verdict judgeOfAll(Gossip.Message message) {
        Repositories judge = repositories;
        return judge == null
                ? Gossip.Verdict.IGNORE
                : verdict(judge.announced(message.receivedFrom(), message.data().toArray()));
    }

    @Override
    public void follow(RepositoryId repository, boolean follow) {
        lock.lock();
        try {
            if (!follow) {
                followers.unfollow(repository);
                Registration topic = topics.remove(repository);
                if (topic != null) {
                    topic.close();
                }
                return;
            }
            if (!topics.containsKey(repository)) {
                topics.put(
                        repository,
                        gossip.subscribe(Topics.of(repository), message -> judge(repository, message), message -> {}));
            }
            followers.follow(repository);
        } catch (IOException e) {
            LOG.error("following {}: {}", repository, e.getMessage());
        } finally {
            lock.unlock();
        }
    }

    private Gossip.Verdict judge(RepositoryId repository, Gossip.Message message) {
        Repositories judge = repositories;
        if (judge == null) {
            return Gossip.Verdict.IGNORE;
        }
        return verdict(judge.announced(
                repository, message.receivedFrom(), message.data().toArray()));
    }

    private static Gossip.Verdict verdict(Repositories.Judgement judgement) {
        return switch (judgement) {
            case ACCEPT -> Gossip.Verdict.ACCEPT;
            case IGNORE -> Gossip.Verdict.IGNORE;
            case REJECT -> Gossip.Verdict.REJECT;
        };
    }
}
