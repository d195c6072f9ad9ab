package network.guts.sync.fetch;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.core.PeerRecord;
import network.guts.core.SignedEnvelope;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.ConnectionLimit;
import network.guts.sync.SyncException;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.protocol.PeerRefusedException;
import network.guts.sync.protocol.SyncClient;
import network.guts.sync.wire.SyncMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of each provider in a fetch, on a virtual thread of its own: it is connected to, asked for the refs, waits
 * until it is known which packs are wanted, and joins their download. Meanwhile others may ask it. Thread-safe.
 */
final class ProviderLives implements AutoCloseable {
    /** Without anybody who could deliver, a fetch is given up after this. */
    static final Duration NOBODY = Duration.ofSeconds(20);

    private static final Duration DIAL_TIMEOUT = Duration.ofSeconds(10);

    /** How often a provider that has joined is looked after. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    private static final Logger LOG = LoggerFactory.getLogger(ProviderLives.class);

    /** So long after a relayed connection began, a direct one may still be found (three attempts at a hole). */
    private static final Duration PUNCHING = Duration.ofSeconds(18);

    /** @param bytes that are to come */
    private record Job(PackDownload download, List<PackId> packs, long bytes) {}

    /** What is to come is more than the relay between carries. */
    private static final class RelayedException extends IOException {
        private static final long serialVersionUID = 1L;

        private final transient ConnectionInfo connection;

        RelayedException(ConnectionInfo connection, long limit, long bytes) {
            super("only a relayed connection to " + connection.peer() + ", limited to "
                    + (limit % 1024 == 0 ? limit / 1024 + " KiB" : limit + " bytes") + ": " + bytes
                    + " bytes are to come");
            this.connection = connection;
        }
    }

    private final Fetcher owner;
    private final RepositoryId id;
    private final Monitor monitor;
    private final RefsHearing hearing;
    private final Blame blame;
    private final Providers providers;
    private final Map<PeerId, SyncClient> clients = new LinkedHashMap<>();
    private final Map<PeerId, String> relayed = new LinkedHashMap<>();
    private Optional<Job> job = Optional.empty();
    private boolean ended;

    /**
     * @param maxAlive providers at once
     */
    ProviderLives(Fetcher owner, RepositoryId id, Monitor monitor, RefsHearing hearing, Blame blame, int maxAlive) {
        this.owner = owner;
        this.id = id;
        this.monitor = monitor;
        this.hearing = hearing;
        this.blame = blame;
        this.providers = new Providers(owner.host.peerId(), this::live, owner.scores, maxAlive, monitor);
    }

    /** Who there is. */
    Providers providers() {
        return providers;
    }

    private void live(PeerInfo provider, Runnable connected) throws IOException {
        PeerId peer = provider.peer();
        owner.host.connect(peer, provider.addresses(), DIAL_TIMEOUT);
        try {
            hearAndJoin(peer, connected);
        } catch (RelayedException e) {
            LOG.debug("{}", e.getMessage());
            joinDirectly(e);
        }
    }

    private void hearAndJoin(PeerId peer, Runnable connected) throws IOException {
        try (SyncClient client = SyncClient.open(owner.host, peer, DIAL_TIMEOUT)) {
            monitor.change(() -> {
                clients.put(peer, client);
                hearing.expect(peer);
            });
            connected.run();
            try {
                List<SyncMessage.Refs> answer = hearing.ask(client);
                owner.seeder.holds(peer, id);
                answer.forEach(part -> part.peers().forEach(this::offerRecord));
                joinDownloads(client);
            } catch (MalformedException e) {
                blame.wrongAnswer(peer, String.valueOf(e.getMessage()));
                throw e;
            } catch (PeerRefusedException e) {
                owner.metrics.errorReceived(e.failure().code());
                e.failure().peers().forEach(this::offerRecord);
                throw e;
            } finally {
                leave(peer);
            }
        }
    }

    /** Goes on over a direct connection, if one is found. */
    private void joinDirectly(RelayedException tooMuch) throws IOException {
        PeerId peer = tooMuch.connection.peer();
        Duration age = Duration.between(tooMuch.connection.since(), owner.clock.instant());
        long end = System.nanoTime() + PUNCHING.minus(age).toNanos();
        while (!isDirect(peer)) {
            long now = System.nanoTime();
            if (monitor.await(() -> ended, Math.min(end, now + LOOK.toNanos()), () -> ended)) {
                return;
            }
            if (now >= end) {
                monitor.change(() -> relayed.put(peer, String.valueOf(tooMuch.getMessage())));
                throw tooMuch;
            }
        }
        try (SyncClient client = SyncClient.open(owner.host, peer, DIAL_TIMEOUT)) {
            monitor.change(() -> clients.put(peer, client));
            joinDownloads(client);
        } catch (MalformedException e) {
            blame.wrongAnswer(peer, String.valueOf(e.getMessage()));
            throw e;
        } finally {
            leave(peer);
        }
    }

    private boolean isDirect(PeerId peer) {
        return owner.host.connections().stream()
                .anyMatch(connection ->
                        connection.peer().equals(peer) && connection.limit().isEmpty());
    }

    /** Who could deliver but for a relay between, in words. */
    Map<PeerId, String> relayed() {
        return monitor.locked(() -> new LinkedHashMap<>(relayed));
    }

    private void leave(PeerId peer) {
        monitor.change(() -> {
            clients.remove(peer);
            hearing.gone(peer);
        });
        monitor.locked(() -> job).ifPresent(running -> running.download().leave(peer));
    }

    /** A provider's word of another one: its own signed record, or nothing. */
    private void offerRecord(Bytes envelope) {
        try {
            PeerRecord record = PeerRecord.open(SignedEnvelope.parse(envelope.toArray()));
            providers.offer(new PeerInfo(record.peer(), record.addresses()), false);
        } catch (MalformedException e) {
            LOG.debug("a peer record that does not hold: {}", e.getMessage());
        }
    }

    private void joinDownloads(SyncClient client) throws IOException {
        Optional<Job> joined = Optional.empty();
        while (client.isOpen()) {
            Optional<Job> running = monitor.await(
                    () -> isOver(client) || job.isPresent(), Monitor.NEVER, () -> ended ? Optional.<Job>empty() : job);
            if (running.isPresent() && !running.equals(joined)) {
                refuseTooMuch(client.connection(), running.get().bytes());
                running.get()
                        .download()
                        .join(client, client.packs(id, running.get().packs(), true));
                joined = running;
            }
            // A look now and then: a partial holder may hold more, a stream may have ended.
            if (monitor.await(() -> isOver(client), System.nanoTime() + LOOK.toNanos(), () -> ended)) {
                return;
            }
        }
        throw new IOException("the stream ended");
    }

    private static void refuseTooMuch(ConnectionInfo connection, long bytes) throws RelayedException {
        OptionalLong limit = connection.limit().map(ConnectionLimit::bytes).orElse(OptionalLong.empty());
        if (limit.isPresent() && bytes > limit.getAsLong()) {
            throw new RelayedException(connection, limit.getAsLong(), bytes);
        }
    }

    private boolean isOver(SyncClient client) {
        return ended || !client.isOpen();
    }

    /**
     * From now on, connected providers and new ones join.
     *
     * @param bytes that are to come
     */
    void begin(PackDownload download, List<PackId> packs, long bytes) {
        monitor.change(() -> job = Optional.of(new Job(download, packs, bytes)));
    }

    /** True if nobody can deliver, and nobody else will come. */
    boolean isHopeless() {
        return monitor.locked(providers::allGone);
    }

    /** A question to one provider after the other. */
    @FunctionalInterface
    interface Question<T> {
        T ask(SyncClient client) throws IOException;
    }

    /** The first answer; who answers wrongly is blamed, who does not have it is passed over. */
    <T> T firstOf(Question<T> question, String what) throws IOException {
        List<PeerId> asked = new ArrayList<>();
        long end = System.nanoTime() + NOBODY.toNanos();
        while (true) {
            Optional<SyncClient> next = monitor.await(
                    () -> !asked.containsAll(clients.keySet()) || providers.allGone(),
                    end,
                    () -> clients.values().stream()
                            .filter(client -> !asked.contains(client.peer()))
                            .findFirst());
            if (next.isEmpty()) {
                throw new SyncException(
                        SyncException.Kind.FAILED,
                        "no provider of " + id + " gives " + what + named(blame.reasons()),
                        "Try again: what was verified is kept.");
            }
            SyncClient client = next.get();
            asked.add(client.peer());
            try {
                return question.ask(client);
            } catch (MalformedException e) {
                blame.wrongAnswer(client.peer(), String.valueOf(e.getMessage()));
                client.close();
            } catch (InterruptedIOException e) {
                throw e;
            } catch (IOException e) {
                LOG.debug("provider {}: {}", client.peer(), e.getMessage());
            }
        }
    }

    /** Who did what, to be put behind a sentence. */
    static String named(Map<PeerId, String> reasons) {
        StringBuilder text = new StringBuilder();
        reasons.forEach(
                (peer, reason) -> text.append("; ").append(peer).append(' ').append(reason));
        return text.toString();
    }

    @Override
    public void close() {
        monitor.change(() -> ended = true);
        providers.close();
    }
}
