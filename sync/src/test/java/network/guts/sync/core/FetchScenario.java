package network.guts.sync.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.Multihash;
import network.guts.core.PeerId;
import network.guts.core.Protocol;
import network.guts.simulation.NetworkModel;
import network.guts.simulation.SimulatedNode;
import network.guts.simulation.Simulation;
import network.guts.sync.core.FetchScheduler.ChunkId;
import network.guts.sync.core.FetchScheduler.Drop;
import network.guts.sync.model.PackId;
import org.jspecify.annotations.Nullable;

/** A fetch on virtual time: one scheduler, and providers that serve one chunk after another at a rate. */
final class FetchScenario {
    private static final String FETCHER = "fetcher";
    private static final int CHUNK = 1 << 20;
    private static final PackId PACK = new PackId(Bytes.sha256(new byte[] {1}));
    private static final NetworkModel NETWORK =
            new NetworkModel(Duration.ofMillis(10), Duration.ofMillis(30), 0, Duration.ofMillis(200));

    /** What travels: a request (answer null) or its answer. */
    record Message(ChunkId chunk, @Nullable Answer answer) {}

    enum Answer {
        GOOD,
        WRONG,
        PART,
        NOT_HELD,
        BUSY
    }

    private final int chunks;
    private final Simulation<String, Message, Object, Object> simulation;
    private final FetchScheduler scheduler;
    private final BitSet verified;
    private final List<ChunkId> asked = new ArrayList<>();
    private final Map<PeerId, Long> verifiedFrom = new LinkedHashMap<>();
    private final Map<PeerId, Drop.Reason> drops = new LinkedHashMap<>();
    private final Map<PeerId, Integer> askedAfterDrop = new LinkedHashMap<>();
    private final Map<PeerId, Integer> inFlight = new LinkedHashMap<>();
    private final Map<PeerId, ModelProvider> providers = new LinkedHashMap<>();
    private int mostInFlight;
    private int askedAfterVerified;
    private int notHeld;
    private boolean complete;

    FetchScenario(long seed, int chunks) {
        this(seed, chunks, new BitSet());
    }

    FetchScenario(long seed, int chunks, BitSet held) {
        this.chunks = chunks;
        this.verified = (BitSet) held.clone();
        this.simulation = new Simulation<>(seed, NETWORK);
        this.scheduler = new FetchScheduler(List.of(
                new FetchScheduler.Wanted(PACK, (long) chunks * CHUNK - 1000, CHUNK, ChunkSet.of(chunks, held))));
        simulation.start(FETCHER, new Fetcher());
    }

    static PeerId peer(int number) {
        try {
            byte[] digest = ByteBuffer.allocate(32).putInt(number).array();
            return PeerId.parse(new Multihash(Multihash.SHA2_256, Bytes.of(digest)).toBytes());
        } catch (MalformedException e) {
            throw new AssertionError(e);
        }
    }

    ModelProvider provider(int number, long bytesPerSecond) {
        ModelProvider provider = new ModelProvider(peer(number), bytesPerSecond);
        providers.put(provider.id, provider);
        simulation.start(provider.id.toString(), provider);
        simulation.at(Duration.ZERO, "join " + number, () -> join(provider));
        return provider;
    }

    void joinAfter(Duration delay, int number, long bytesPerSecond) {
        simulation.at(delay, "new provider " + number, () -> provider(number, bytesPerSecond));
    }

    void killAfter(Duration delay, int number) {
        simulation.at(delay, "kill " + number, () -> {
            simulation.kill(peer(number).toString());
            simulation.at(Duration.ofMillis(100), "connection lost", () -> lose(peer(number)));
        });
    }

    private void lose(PeerId peer) {
        simulation.input(FETCHER, new FetchScheduler.Left(peer));
    }

    private void join(ModelProvider provider) {
        ChunkSet held = ChunkSet.of(chunks, provider.held);
        simulation.input(FETCHER, new FetchScheduler.Joined(provider.id, Map.of(PACK, held)));
    }

    Duration finish() {
        return finish("the fetch");
    }

    Duration finish(String what) {
        boolean done = simulation.runUntil(() -> complete, Duration.ofHours(1));
        assertThat(done).as(what).isTrue();
        assertThat(verified.cardinality()).as(what).isEqualTo(chunks);
        assertThat(scheduler.unverified()).as(what).isZero();
        return Duration.between(Simulation.START, simulation.now());
    }

    boolean runUntilStuck() {
        simulation.run(Duration.ofSeconds(1));
        return simulation.runUntil(() -> !scheduler.canGoOn(), Duration.ofHours(1));
    }

    FetchScheduler scheduler() {
        return scheduler;
    }

    long verifiedFrom(int number) {
        return verifiedFrom.getOrDefault(peer(number), 0L);
    }

    Map<PeerId, Drop.Reason> drops() {
        return drops;
    }

    int askedAfterDrop(int number) {
        return askedAfterDrop.getOrDefault(peer(number), 0);
    }

    /** Each chunk once, in the order in which it was first asked for. */
    List<ChunkId> asked() {
        return List.copyOf(new LinkedHashSet<>(asked));
    }

    int duplicates() {
        Set<ChunkId> unique = new LinkedHashSet<>(asked);
        return asked.size() - unique.size();
    }

    int askedAfterVerified() {
        return askedAfterVerified;
    }

    int askedForWhatIsNotHeld() {
        return notHeld;
    }

    int mostInFlight() {
        return mostInFlight;
    }

    long digest() {
        return simulation.digest();
    }

    private final class Fetcher implements SimulatedNode<String, Message, Object, Object> {
        @Override
        public Protocol<Object, Object> core() {
            return new Protocol<>() {
                @Override
                public List<Object> handle(Object input, Instant now) {
                    if (input instanceof FetchScheduler.Verified v) {
                        verified.set(v.chunk().index());
                    }
                    return List.copyOf(scheduler.handle((FetchScheduler.Input) input, now));
                }

                @Override
                public List<Object> wake(Instant now) {
                    return List.copyOf(scheduler.wake(now));
                }

                @Override
                public @Nullable Instant nextDeadline() {
                    return scheduler.nextDeadline();
                }
            };
        }

        @Override
        public Object received(String from, Message message) {
            PeerId peer = parse(from);
            ChunkId chunk = message.chunk();
            Answer answer = java.util.Objects.requireNonNull(message.answer());
            if (answer != Answer.PART) {
                inFlight.merge(peer, -1, Integer::sum);
            }
            return switch (answer) {
                case GOOD -> {
                    verifiedFrom.merge(peer, 1L, Long::sum);
                    yield new FetchScheduler.Verified(peer, chunk);
                }
                case WRONG -> new FetchScheduler.Wrong(peer, chunk);
                case PART -> new FetchScheduler.Heard(peer);
                case NOT_HELD -> new FetchScheduler.NotHeld(peer, chunk);
                case BUSY ->
                    new FetchScheduler.Busy(
                            peer, chunk, java.util.Objects.requireNonNull(providers.get(peer)).retryAfter);
            };
        }

        @Override
        public Object undelivered(String to, Message message) {
            return new FetchScheduler.Left(parse(to));
        }

        @Override
        public void perform(Object effect, Port<String, Message, Object> port) {
            switch ((FetchScheduler.Effect) effect) {
                case FetchScheduler.Request request -> {
                    PeerId to = request.provider();
                    asked.add(request.chunk());
                    askedAfterVerified += verified.get(request.chunk().index()) ? 1 : 0;
                    if (drops.containsKey(to)) {
                        askedAfterDrop.merge(to, 1, Integer::sum);
                    }
                    mostInFlight = Math.max(mostInFlight, inFlight.merge(to, 1, Integer::sum));
                    port.send(to.toString(), new Message(request.chunk(), null));
                }
                case Drop drop -> drops.put(drop.provider(), drop.reason());
                case FetchScheduler.Complete _ -> complete = true;
            }
        }

        private PeerId parse(String address) {
            try {
                return PeerId.parse(address);
            } catch (MalformedException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** Serves one chunk after another; says a word of a slow chunk every second. */
    final class ModelProvider implements SimulatedNode<String, Message, Object, Object>, Protocol<Object, Object> {
        final PeerId id;
        final long bytesPerSecond;
        final BitSet held = new BitSet();
        final ArrayDeque<ChunkId> queue = new ArrayDeque<>();
        int liesFrom = Integer.MAX_VALUE;
        int silentFrom = Integer.MAX_VALUE;
        int busyAt = -1;
        Duration retryAfter = Duration.ZERO;
        int served;

        @Nullable Instant ready;

        @Nullable Instant nextWord;

        ModelProvider(PeerId id, long bytesPerSecond) {
            this.id = id;
            this.bytesPerSecond = bytesPerSecond;
            held.set(0, chunks);
        }

        void liesFrom(int chunk) {
            liesFrom = chunk;
        }

        void silentFrom(int chunk) {
            silentFrom = chunk;
        }

        void busyAt(int chunk, Duration retry) {
            busyAt = chunk;
            retryAfter = retry;
        }

        void holds(int from, int to) {
            held.clear();
            held.set(Math.min(from, to), Math.max(from, to));
        }

        @Override
        public List<Object> handle(Object input, Instant now) {
            queue.add((ChunkId) input);
            if (ready == null) {
                begin(now);
            }
            return List.of();
        }

        private void begin(Instant now) {
            boolean silent = queue.isEmpty() || served >= silentFrom;
            ready = silent ? null : now.plusNanos(CHUNK * 1_000_000_000L / bytesPerSecond);
            nextWord = silent ? null : now.plusSeconds(1);
        }

        @Override
        public List<Object> wake(Instant now) {
            if (ready == null) {
                return List.of();
            }
            if (now.isBefore(ready)) {
                nextWord = now.plusSeconds(1);
                return List.of(new Message(queue.element(), Answer.PART));
            }
            ChunkId chunk = queue.remove();
            Answer answer = served == busyAt ? Answer.BUSY : served >= liesFrom ? Answer.WRONG : Answer.GOOD;
            if (!held.get(chunk.index())) {
                notHeld++;
                answer = Answer.NOT_HELD;
            }
            served++;
            begin(now);
            return List.of(new Message(chunk, answer));
        }

        @Override
        public @Nullable Instant nextDeadline() {
            return ready == null || nextWord == null || ready.isBefore(nextWord) ? ready : nextWord;
        }

        @Override
        public Protocol<Object, Object> core() {
            return this;
        }

        @Override
        public Object received(String from, Message message) {
            return message.chunk();
        }

        @Override
        public Object undelivered(String to, Message message) {
            throw new AssertionError("the fetcher is never killed");
        }

        @Override
        public void perform(Object effect, Port<String, Message, Object> port) {
            port.send(FETCHER, (Message) effect);
        }
    }
}
