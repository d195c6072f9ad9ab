package network.guts.libp2p;

import static network.guts.libp2p.TestNet.ECHO;
import static network.guts.libp2p.TestNet.LONG;
import static network.guts.libp2p.TestNet.talk;

import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import network.guts.core.host.Stream;
import network.guts.libp2p.HostConfig.Security;
import network.guts.libp2p.upgrade.Pair;

/**
 * A process that opens and ends very many connections between hosts of its own, and says what is left of them: one
 * {@code name before after} a line. Alone, so that nothing else is counted.
 */
final class ManyConnections {
    /** Classes are loaded, pools are filled and caches are warm after so many of each kind. */
    private static final int WARM_UP = 300;

    private static final int MIB = 1 << 20;
    private static final int MAX_LOOKS = 20;

    private enum Kind {
        NOISE(16),
        TLS(16),
        /** The end of a connection waits for its last packets: more at once. */
        QUIC(32);

        /** Hosts that dial, each one connection at a time. */
        private final int dialers;

        Kind(int dialers) {
            this.dialers = dialers;
        }
    }

    private final Libp2pHost tcp;
    private final Libp2pHost quic;
    private final Path folder;
    private final Map<Kind, List<Libp2pHost>> dialers = new EnumMap<>(Kind.class);

    private ManyConnections(TestNet net, Path folder) throws IOException {
        this.folder = folder;
        this.tcp = net.host(1);
        this.quic = net.host(2, config -> config.listen(Keys.address(TestNet.QUIC)));
        int number = 10;
        for (Kind kind : Kind.values()) {
            List<Libp2pHost> hosts = new ArrayList<>();
            for (int count = 0; count < kind.dialers; count++) {
                hosts.add(net.host(number++, config -> security(config.listen(List.of()), kind)));
            }
            dialers.put(kind, hosts);
        }
    }

    private static HostConfig.Builder security(HostConfig.Builder config, Kind kind) {
        return kind == Kind.TLS ? config.security(Security.TLS) : config.security(Security.NOISE);
    }

    /** Arguments: a folder, and how many connections over Noise, TLS and QUIC. */
    public static void main(String[] args) throws Exception {
        NettyLeaks.collect();
        Path folder = Path.of(args[0]);
        try (TestNet net = new TestNet(folder)) {
            ManyConnections all = new ManyConnections(net, folder);
            for (Kind kind : Kind.values()) {
                all.churn(kind, WARM_UP);
            }
            all.awaitSettled();
            Counts before = all.counts();
            int argument = 1;
            for (Kind kind : Kind.values()) {
                int count = Integer.parseInt(args[argument++]);
                long start = System.nanoTime();
                all.churn(kind, count);
                long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
                System.out.println("# " + kind + ": " + count + " connections in " + millis + " ms");
            }
            all.awaitSettled();
            all.counts(before).print(before);
        }
        List<String> leaks = NettyLeaks.reports();
        leaks.forEach(System.out::println);
        NettyLeaks.leakOne();
        System.out.println("leaks 0 " + leaks.size());
        System.out.println("noticed 0 " + (NettyLeaks.reports().size() - leaks.size()));
        System.exit(0);
    }

    private void churn(Kind kind, int count) throws Exception {
        Libp2pHost listener = kind == Kind.QUIC ? quic : tcp;
        AtomicInteger left = new AtomicInteger(count);
        List<CompletableFuture<Boolean>> running = new ArrayList<>();
        for (Libp2pHost dialer : Objects.requireNonNull(dialers.get(kind))) {
            running.add(Pair.started(() -> {
                int next = left.getAndDecrement();
                while (next > 0) {
                    once(dialer, listener, next);
                    next = left.getAndDecrement();
                }
            }));
        }
        for (CompletableFuture<Boolean> each : running) {
            each.get();
        }
    }

    /** One connection and its end, in one of several ways. */
    private static void once(Libp2pHost dialer, Libp2pHost listener, int number) throws Exception {
        if (number % 20 == 0) {
            somebodyElse(dialer, listener);
            return;
        }
        dialer.connect(listener.peerId(), listener.addresses(), LONG);
        if (number % 4 == 0) {
            talk(dialer, listener);
        } else if (number % 4 == 1) {
            Stream unread = dialer.open(listener.peerId(), List.of(ECHO), LONG);
            unread.write(new byte[10_000]);
            unread.reset();
        } else if (number % 4 == 2) {
            Stream open = dialer.open(listener.peerId(), List.of(ECHO), LONG);
            open.write(new byte[10_000]);
            open.readFully(new byte[100], 0, 100);
        }
        dialer.disconnect(listener.peerId(), "next");
        try {
            Await.until(
                    "both are alone", () -> dialer.connections().isEmpty() && !listener.isConnected(dialer.peerId()));
        } catch (AssertionError e) {
            throw new AssertionError(number + ": " + dialer.status() + " and " + listener.status(), e);
        }
    }

    /** A handshake that fails. */
    private static void somebodyElse(Libp2pHost dialer, Libp2pHost listener) {
        var wanted = Keys.peer(3);
        dialer.forgetFailures(wanted);
        try {
            dialer.connect(wanted, listener.addresses(), LONG);
            throw new IllegalStateException("somebody else was taken for " + wanted);
        } catch (IOException expected) {
            if (!String.valueOf(expected.getMessage()).contains("is there")) {
                throw new IllegalStateException(expected);
            }
        }
    }

    private void awaitSettled() throws Exception {
        for (Libp2pHost host : List.of(tcp, quic)) {
            Await.until(
                    "the listeners are alone",
                    () -> host.connections().isEmpty() && host.openStreams() == 0 && host.handshakes() == 0);
        }
    }

    /** What is there, once no more of it goes away. */
    private Counts counts() throws Exception {
        Counts last = Counts.take(folder);
        for (int look = 0; look < MAX_LOOKS; look++) {
            Counts next = Counts.take(folder);
            if (next.virtual() >= last.virtual() && next.descriptors() >= last.descriptors()) {
                return next;
            }
            last = next;
        }
        return last;
    }

    /** As {@link #counts()}, with some patience until it is no more than before. */
    private Counts counts(Counts before) throws Exception {
        Counts now = counts();
        for (int look = 0; look < MAX_LOOKS; look++) {
            if (now.virtual() <= before.virtual()
                    && now.descriptors() <= before.descriptors()
                    && now.heap() <= before.heap()) {
                return now;
            }
            now = counts();
        }
        return now;
    }

    /** What a process has; memory in MiB. */
    private record Counts(long descriptors, long threads, long virtual, long heap, long netty, long resident) {
        static Counts take(Path folder) throws Exception {
            long virtual = virtualThreads(folder);
            System.gc();
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            return new Counts(
                    count(Path.of("/proc/self/fd")),
                    Thread.getAllStackTraces().size(),
                    virtual,
                    (runtime.totalMemory() - runtime.freeMemory()) / MIB,
                    PooledByteBufAllocator.DEFAULT.pinnedDirectMemory() / MIB,
                    residentMiB());
        }

        private static long count(Path path) throws IOException {
            try (java.util.stream.Stream<Path> all = Files.list(path)) {
                return all.count();
            }
        }

        private static long residentMiB() throws IOException {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
                }
            }
            throw new IOException("no VmRSS");
        }

        /** The JDK itself does not count them; its tool lists them. */
        private static long virtualThreads(Path folder) throws IOException, InterruptedException {
            Path dump = folder.resolve("threads.json");
            Process tool = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "jcmd")
                                    .toString(),
                            Long.toString(ProcessHandle.current().pid()),
                            "Thread.dump_to_file",
                            "-overwrite",
                            "-format=json",
                            dump.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (tool.waitFor() != 0) {
                throw new IOException("jcmd failed");
            }
            try (java.util.stream.Stream<String> lines = Files.lines(dump)) {
                return lines.filter(line -> line.contains("\"virtual\": true")).count();
            }
        }

        void print(Counts before) {
            System.out.println("descriptors " + before.descriptors + " " + descriptors);
            System.out.println("threads " + before.threads + " " + threads);
            System.out.println("virtual " + before.virtual + " " + virtual);
            System.out.println("heap " + before.heap + " " + heap);
            System.out.println("netty " + before.netty + " " + netty);
            System.out.println("resident " + before.resident + " " + resident);
        }
    }
}
