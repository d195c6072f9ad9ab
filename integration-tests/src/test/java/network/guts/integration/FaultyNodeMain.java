package network.guts.integration;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.MalformedException;
import network.guts.core.host.Host;
import network.guts.core.host.Stream;
import network.guts.core.host.StreamHandler;
import network.guts.node.config.ConfigLoader;
import network.guts.node.config.Key;
import network.guts.node.daemon.Home;
import network.guts.node.daemon.LogFile;
import network.guts.node.daemon.NodeRuntime;
import network.guts.node.output.Event;
import network.guts.sync.wire.SyncCodec;
import network.guts.sync.wire.SyncMessage;

/**
 * The process of a {@link FaultyNode}: the real node, with a decorated host for its repositories. Standard input orders
 * what happens to the chunks that it serves ({@code MODE COUNT} a line); standard output tells what happened, as events.
 */
final class FaultyNodeMain {
    /** Longer than any test waits. */
    private static final int LONGEST_HOLD_SECONDS = 300;

    /** What happens to a chunk that is about to be sent. */
    enum Mode {
        /** Nothing. */
        HONEST,
        /** After COUNT more chunks, wait until there is another order. */
        HOLD,
        /** One bit is wrong. */
        LIE,
        /** The last bytes are missing, and the frame's length agrees. */
        TRUNCATE,
        /** There are more bytes than the chunk has, and the frame's length agrees. */
        TRAIL,
        /** It is swallowed. */
        SWALLOW,
        /** Nothing at all is answered, not even Hello. */
        MUTE,
        /** Its stream is reset. */
        RESET
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition ordered = lock.newCondition();
    private Mode mode = Mode.HONEST;
    private int left;

    private FaultyNodeMain() {}

    static void main(String[] arguments) throws Exception {
        FaultyNodeMain faults = new FaultyNodeMain();
        Home home = new Home(Path.of(arguments[0]));
        home.prepare();
        LogFile.open(home.logFolder(), false);
        Map<Key, List<String>> settings = Map.of(
                Key.LISTEN,
                List.of("/ip4/127.0.0.1/tcp/0"),
                Key.NETWORK,
                List.of("private"),
                Key.DHT,
                List.of("server"));
        try (NodeRuntime node = NodeRuntime.start(
                home,
                ConfigLoader.load(home.config(), Map.of(), settings).config(),
                new NodeRuntime.Options(false, faults::decorated))) {
            say(Event.of("ready").with("peer", node.host().peerId()).with("addresses", node.fullAddresses()));
            faults.obey();
        }
    }

    private static void say(Event event) {
        System.out.println(event.json());
        System.out.flush();
    }

    /** Until standard input ends. */
    private void obey() throws IOException {
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = orders.readLine(); line != null; line = orders.readLine()) {
            String[] words = line.split(" ");
            lock.lock();
            try {
                mode = Mode.valueOf(words[0].toUpperCase(Locale.ROOT));
                left = Integer.parseInt(words[1]);
                ordered.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private Host decorated(Host host) {
        return decorate(Host.class, (proxy, method, values) -> {
            if (method.getName().equals("handle") && values[0] instanceof String protocol) {
                StreamHandler handler = (StreamHandler) values[1];
                StreamHandler faulty = stream -> handler.handle(decorated(stream));
                return host.handle(protocol, protocol.startsWith("/guts/sync/") ? faulty : handler);
            }
            return call(host, method, values);
        });
    }

    private Stream decorated(Stream stream) {
        FrameWriter frames = new FrameWriter(stream);
        return decorate(Stream.class, (proxy, method, values) -> {
            if (method.getName().equals("write")) {
                byte[] bytes = (byte[]) values[0];
                frames.write(
                        bytes,
                        values.length == 1 ? 0 : (int) values[1],
                        values.length == 1 ? bytes.length : (int) values[2]);
                return null;
            }
            return call(stream, method, values);
        });
    }

    private static <T> T decorate(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static Object call(Object real, java.lang.reflect.Method method, Object[] values) throws Throwable {
        try {
            return method.invoke(real, values);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    /** Collects what is written until a frame is whole, and lets the mode decide what becomes of it. */
    private final class FrameWriter {
        private final Stream stream;
        private byte[] pending = {};

        FrameWriter(Stream stream) {
            this.stream = stream;
        }

        void write(byte[] bytes, int offset, int length) throws IOException {
            ByteArrayOutputStream joined = new ByteArrayOutputStream(pending.length + length);
            joined.writeBytes(pending);
            joined.write(bytes, offset, length);
            pending = joined.toByteArray();
            for (Frame frame = Frame.first(pending); frame != null; frame = Frame.first(pending)) {
                byte[] content = Arrays.copyOfRange(pending, frame.begin, frame.end);
                pending = Arrays.copyOfRange(pending, frame.end, pending.length);
                pass(content);
            }
        }

        private void pass(byte[] content) throws IOException {
            SyncMessage message = SyncCodec.parse(content);
            if (!(message.content() instanceof SyncMessage.Chunk chunk)) {
                if (mode() == Mode.MUTE) {
                    say(Event.of("fault").with("chunk", -1));
                } else {
                    send(content);
                }
                return;
            }
            Mode now = turn(chunk.index());
            byte[] data = chunk.data().toByteArray();
            switch (now) {
                case HONEST, HOLD -> {
                    send(content);
                    say(Event.of("sent").with("chunk", chunk.index()));
                    return;
                }
                case LIE -> {
                    data[data.length / 2] ^= 1;
                    send(message, chunk.index(), data);
                }
                case TRUNCATE -> send(message, chunk.index(), Arrays.copyOf(data, data.length - 1));
                case TRAIL -> send(message, chunk.index(), Arrays.copyOf(data, data.length + 1));
                case SWALLOW, MUTE -> {}
                case RESET -> stream.reset();
            }
            say(Event.of("fault").with("chunk", chunk.index()));
        }

        private void send(SyncMessage message, int index, byte[] data) throws IOException {
            ByteArrayOutputStream frame = new ByteArrayOutputStream(data.length + 64);
            frame.writeBytes(SyncCodec.chunkPrefix(message.request(), message.last(), index, data.length));
            frame.writeBytes(data);
            stream.write(frame.toByteArray());
        }

        private void send(byte[] content) throws IOException {
            ByteArrayOutputStream frame = new ByteArrayOutputStream(content.length + 5);
            int length = content.length;
            for (; length > 0x7f; length >>>= 7) {
                frame.write(length & 0x7f | 0x80);
            }
            frame.write(length);
            frame.writeBytes(content);
            stream.write(frame.toByteArray());
        }
    }

    /** Where the content of a frame begins and ends. */
    private record Frame(int begin, int end) {
        static Frame first(byte[] bytes) throws IOException {
            int length = 0;
            for (int at = 0; at < bytes.length; at++) {
                length |= (bytes[at] & 0x7f) << (7 * at);
                if (bytes[at] >= 0) {
                    int end = at + 1 + length;
                    return end <= bytes.length ? new Frame(at + 1, end) : null;
                }
                if (at == 4) {
                    throw new MalformedException("our own frame has no length");
                }
            }
            return null;
        }
    }

    private Mode mode() {
        lock.lock();
        try {
            return mode;
        } finally {
            lock.unlock();
        }
    }

    /** Waits while chunks are held, then says what happens to this one. */
    private Mode turn(int chunk) throws IOException {
        lock.lock();
        try {
            if (mode == Mode.HOLD && left == 0) {
                say(Event.of("fault").with("chunk", chunk));
            }
            long wait = TimeUnit.SECONDS.toNanos(LONGEST_HOLD_SECONDS);
            while (mode == Mode.HOLD && left == 0) {
                if (wait <= 0) {
                    throw new IOException("held for too long");
                }
                wait = ordered.awaitNanos(wait);
            }
            if (mode == Mode.HOLD) {
                left--;
            }
            return mode;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            lock.unlock();
        }
    }
}
