package network.guts.sync.testing;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import network.guts.core.Bytes;
import network.guts.core.PeerInfo;
import network.guts.sync.Network;
import network.guts.sync.Repositories;
import network.guts.sync.model.RepositoryId;

/** Providers and topics of all nodes of a test. */
public final class MemoryNetwork {
    private final Map<RepositoryId, List<Port>> providers = new ConcurrentHashMap<>();
    private final Map<RepositoryId, List<Port>> followers = new ConcurrentHashMap<>();

    /** One announcement, and what somebody said to it. */
    public record Judged(RepositoryId repository, Bytes envelope, Repositories.Judgement judgement) {}

    private final List<Port> listing = new CopyOnWriteArrayList<>();
    private final List<Judged> judged = new CopyOnWriteArrayList<>();

    private final List<Repositories.Judgement> judgedOfAll = new CopyOnWriteArrayList<>();

    /** What was said to announcements to all. */
    public List<Repositories.Judgement> judgedOfAll() {
        return new ArrayList<>(judgedOfAll);
    }

    public List<Judged> judged() {
        return new ArrayList<>(judged);
    }

    /** One node's access. */
    public final class Port implements Network {
        private final PeerInfo self;
        private volatile java.util.Optional<Repositories> repositories = java.util.Optional.empty();
        private final Set<Bytes> announced = ConcurrentHashMap.newKeySet();
        private final Set<Bytes> announcedToAll = ConcurrentHashMap.newKeySet();

        Port(PeerInfo self) {
            this.self = self;
        }

        public void attach(Repositories node) {
            repositories = java.util.Optional.of(node);
        }

        public Set<Bytes> announced() {
            return announced;
        }

        /** Announcements of repositories. */
        public Set<Bytes> announcedToAll() {
            return announcedToAll;
        }

        @Override
        public void findProviders(RepositoryId id, int limit, Duration timeout, Consumer<PeerInfo> found)
                throws IOException {
            for (Port port : providers.getOrDefault(id, List.of())) {
                found.accept(port.self);
            }
        }

        @Override
        public void provide(RepositoryId id) {
            providers.computeIfAbsent(id, one -> new CopyOnWriteArrayList<>()).add(this);
        }

        @Override
        public void unprovide(RepositoryId id) {
            providers.getOrDefault(id, List.of()).remove(this);
        }

        @Override
        public void announce(RepositoryId id, byte[] envelope) {
            announced.add(Bytes.of(envelope));
            for (Port port : followers.getOrDefault(id, List.of())) {
                if (port != this) {
                    Thread.ofVirtual()
                            .start(() -> port.repositories.ifPresent(node -> judged.add(
                                    new Judged(id, Bytes.of(envelope), node.announced(id, self.peer(), envelope)))));
                }
            }
        }

        @Override
        public void announceToAll(byte[] envelope) {
            announcedToAll.add(Bytes.of(envelope));
            for (Port port : listing) {
                if (port != this) {
                    Thread.ofVirtual()
                            .start(() -> port.repositories.ifPresent(
                                    node -> judgedOfAll.add(node.announced(self.peer(), envelope))));
                }
            }
        }

        @Override
        public void followAll() {
            listing.add(this);
        }

        @Override
        public void follow(RepositoryId id, boolean follow) {
            List<Port> all = followers.computeIfAbsent(id, one -> new CopyOnWriteArrayList<>());
            all.remove(this);
            if (follow) {
                all.add(this);
            }
        }
    }

    public Port port(PeerInfo self) {
        return new Port(self);
    }
}
