package network.guts.integration;

import static network.guts.integration.HostCommands.TIMEOUT;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import network.guts.core.Bytes;
import network.guts.core.host.Host;
import network.guts.core.host.Stream;
import network.guts.core.host.StreamResetException;
import network.guts.integration.HostCommands.Arguments;
import network.guts.integration.HostCommands.Operation;
import network.guts.libp2p.perf.Perf;

/** Both ends of the test protocols. What each end does is in {@code integration-tests/README.md}. */
final class TestStreams {
    static final String ECHO = "/test/echo/1";
    private static final String SINK = "/test/sink/1";
    private static final String SOURCE = "/test/source/1";
    private static final String HALF = "/test/half/1";
    private static final String RESET = "/test/reset/1";
    private static final String OBSERVE = "/test/observe/1";
    private static final String SLOW = "/test/slow/1";

    private static final int CHUNK = 128 * 1024;
    private static final int FLOOD_CHUNK = 16 * 1024;

    /** A writer that waits for so long is held up by the other side's window. */
    private static final long HELD_UP_SECONDS = 1;

    private final Host host;
    private final List<String> outcomes = new ArrayList<>();
    private final Map<Integer, Flood> floods = new ConcurrentHashMap<>();
    private volatile CountDownLatch released = new CountDownLatch(1);

    TestStreams(Host host) {
        this.host = host;
    }

    void serve() {
        host.handle(ECHO, stream -> {
            byte[] buffer = new byte[CHUNK];
            for (int count = read(stream, buffer); count >= 0; count = read(stream, buffer)) {
                stream.write(buffer, 0, count);
            }
        });
        host.handle(SINK, stream -> stream.write(digest(stream).sum.toArray()));
        host.handle(SOURCE, stream -> {
            byte[] wanted = new byte[Long.BYTES];
            stream.readFully(wanted, 0, wanted.length);
            writePattern(stream, ByteBuffer.wrap(wanted).getLong());
        });
        host.handle(HALF, stream -> stream.write(("answer to " + text(stream)).getBytes(StandardCharsets.UTF_8)));
        host.handle(RESET, stream -> {
            stream.readFully(new byte[1], 0, 1);
            throw new IOException("as the protocol says");
        });
        host.handle(OBSERVE, stream -> {
            byte[] one = new byte[1];
            stream.readFully(one, 0, 1);
            stream.write(one);
            String outcome = outcome(stream);
            synchronized (outcomes) {
                outcomes.add(outcome);
            }
        });
        host.handle(SLOW, stream -> {
            if (!await(released)) {
                throw new IOException("nobody released the reader");
            }
            stream.write(digest(stream).sum.toArray());
        });
    }

    private static boolean await(CountDownLatch latch) throws IOException {
        try {
            return latch.await(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    void addTo(Map<String, Operation> operations) {
        operations.put("upload", this::upload);
        operations.put("download", this::download);
        operations.put("echo", this::echo);
        operations.put("half-close", this::halfClose);
        operations.put("reset", this::reset);
        operations.put("reset-by-us", this::resetByUs);
        operations.put("observed", this::observed);
        operations.put("streams", this::streams);
        operations.put("flood", this::flood);
        operations.put("release", this::release);
        operations.put("flood-end", this::floodEnd);
        operations.put("perf", this::perf);
    }

    private record Digest(long count, Bytes sum) {
        String hex() {
            return HexFormat.of().formatHex(sum.toArray());
        }
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static int read(Stream stream, byte[] buffer) throws IOException {
        return stream.read(buffer, 0, buffer.length);
    }

    private static Digest digest(Stream stream) throws IOException {
        MessageDigest sum = sha256();
        byte[] buffer = new byte[CHUNK];
        long all = 0;
        for (int count = read(stream, buffer); count >= 0; count = read(stream, buffer)) {
            sum.update(buffer, 0, count);
            all += count;
        }
        return new Digest(all, Bytes.of(sum.digest()));
    }

    private static byte[] all(Stream stream) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] buffer = new byte[4096];
        for (int count = read(stream, buffer); count >= 0; count = read(stream, buffer)) {
            bytes.write(buffer, 0, count);
        }
        return bytes.toByteArray();
    }

    private static String text(Stream stream) throws IOException {
        return new String(all(stream), StandardCharsets.UTF_8);
    }

    private static String hex(Stream stream) throws IOException {
        return HexFormat.of().formatHex(all(stream));
    }

    /** How the other side ended. */
    private static String outcome(Stream stream) {
        try {
            return stream.read(new byte[1], 0, 1) < 0 ? "end" : "data";
        } catch (StreamResetException e) {
            return "reset";
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** The bytes of a transfer: the n-th is n mod 251, so that a lost or repeated frame shows. */
    static byte[] pattern() {
        byte[] block = new byte[251 * 512];
        for (int i = 0; i < block.length; i++) {
            block[i] = (byte) (i % 251);
        }
        return block;
    }

    private static void writePattern(Stream stream, long count) throws IOException {
        byte[] block = pattern();
        for (long left = count; left > 0; left -= Math.min(left, block.length)) {
            stream.write(block, 0, (int) Math.min(left, block.length));
        }
    }

    private Stream open(Arguments arguments, String protocol) throws IOException {
        Stream stream = host.open(arguments.peer(), List.of(protocol), TIMEOUT);
        stream.readTimeout(TIMEOUT);
        stream.writeTimeout(TIMEOUT);
        return stream;
    }

    private Map<String, ?> upload(Arguments arguments) throws IOException {
        try (Stream stream = open(arguments, SINK)) {
            writePattern(stream, arguments.number("bytes", 0));
            stream.closeWrite();
            return Map.of("received", hex(stream));
        }
    }

    private Map<String, ?> download(Arguments arguments) throws IOException {
        try (Stream stream = open(arguments, SOURCE)) {
            stream.write(ByteBuffer.allocate(Long.BYTES)
                    .putLong(arguments.number("bytes", 0))
                    .array());
            Digest digest = digest(stream);
            return Map.of("bytes", digest.count, "received", digest.hex());
        }
    }

    private Map<String, ?> echo(Arguments arguments) throws Exception {
        try (Stream stream = open(arguments, ECHO)) {
            FutureTask<Boolean> written = beside(() -> {
                writePattern(stream, arguments.number("bytes", 0));
                stream.closeWrite();
                return true;
            });
            Digest digest = digest(stream);
            written.get();
            return Map.of("bytes", digest.count, "received", digest.hex());
        }
    }

    private static <T> FutureTask<T> beside(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread.ofVirtual().start(task);
        return task;
    }

    private Map<String, ?> halfClose(Arguments arguments) throws IOException {
        try (Stream stream = open(arguments, HALF)) {
            stream.write("question".getBytes(StandardCharsets.UTF_8));
            stream.closeWrite();
            return Map.of("text", text(stream));
        }
    }

    /** Asks the other side to reset, and says how that looks here. */
    private Map<String, ?> reset(Arguments arguments) throws IOException {
        try (Stream stream = open(arguments, RESET)) {
            stream.write(new byte[1]);
            return Map.of("outcome", outcome(stream));
        }
    }

    /** Resets a stream whose other side says later how that looked there. */
    private Map<String, ?> resetByUs(Arguments arguments) throws IOException {
        Stream stream = open(arguments, OBSERVE);
        try {
            stream.write(new byte[1]);
            stream.readFully(new byte[1], 0, 1);
            return Map.of();
        } finally {
            stream.reset();
        }
    }

    /** Says how the streams ended that others reset. */
    private Map<String, ?> observed(Arguments arguments) {
        synchronized (outcomes) {
            Map<String, ?> all = Map.of("outcomes", List.copyOf(outcomes));
            outcomes.clear();
            return all;
        }
    }

    /** Opens many, and uses them only when all are open. */
    private Map<String, ?> streams(Arguments arguments) throws Exception {
        List<Stream> open = new ArrayList<>();
        try {
            while (open.size() < arguments.number("count", 1)) {
                open.add(open(arguments, ECHO));
            }
            List<FutureTask<Boolean>> answers = new ArrayList<>();
            for (Stream stream : open) {
                byte[] sent = ByteBuffer.allocate(1024).putInt(answers.size()).array();
                answers.add(beside(() -> {
                    stream.write(sent);
                    stream.closeWrite();
                    return Arrays.equals(sent, all(stream));
                }));
            }
            long answered = 0;
            for (FutureTask<Boolean> answer : answers) {
                answered += answer.get() ? 1 : 0;
            }
            return Map.of("answered", answered);
        } finally {
            open.forEach(Stream::close);
        }
    }

    /** A stream whose other side does not read. */
    private static final class Flood {
        private final Stream stream;
        private final long most;
        private final BlockingQueue<Integer> progress = new LinkedBlockingQueue<>();
        private final FutureTask<Long> writer;
        private volatile boolean enough;

        Flood(Stream stream, long most) {
            this.stream = stream;
            this.most = most;
            this.writer = beside(this::write);
        }

        private long write() throws IOException {
            long written = 0;
            while (!enough && written < most) {
                stream.write(new byte[FLOOD_CHUNK]);
                written += FLOOD_CHUNK;
                progress.add(FLOOD_CHUNK);
            }
            stream.closeWrite();
            return written;
        }

        /** How much was written until the writer was held up, or had written all. */
        long heldUp() throws Exception {
            long written = 0;
            while (written < most) {
                Integer more = progress.poll(HELD_UP_SECONDS, TimeUnit.SECONDS);
                if (more == null) {
                    if (writer.isDone()) {
                        writer.get();
                    }
                    break;
                }
                written += more;
            }
            enough = true;
            return written;
        }
    }

    /** Writes to a reader that does not read, until it is held up. */
    private Map<String, ?> flood(Arguments arguments) throws Exception {
        Flood flood = new Flood(open(arguments, SLOW), arguments.number("bytes", 0));
        long written = flood.heldUp();
        int number = floods.size() + 1;
        floods.put(number, flood);
        return Map.of("flood", number, "written", written);
    }

    /** Ends a flood, and says what the reader has got in the end. */
    private Map<String, ?> floodEnd(Arguments arguments) throws Exception {
        Flood flood = floods.get((int) arguments.number("flood", 0));
        try (Stream stream = flood.stream) {
            long written = flood.writer.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
            MessageDigest sum = sha256();
            for (long left = written; left > 0; left -= FLOOD_CHUNK) {
                sum.update(new byte[FLOOD_CHUNK]);
            }
            return Map.of("sent", HexFormat.of().formatHex(sum.digest()), "received", hex(stream));
        }
    }

    /** Lets all readers that are held up go on. */
    private Map<String, ?> release(Arguments arguments) {
        CountDownLatch held = released;
        released = new CountDownLatch(1);
        held.countDown();
        return Map.of();
    }

    /** Moves "up" and then "down" bytes over each of "count" streams at once; the time is that of all of them. */
    private Map<String, ?> perf(Arguments arguments) throws Exception {
        Perf perf = new Perf(host);
        long up = arguments.number("up", 0);
        long down = arguments.number("down", 0);
        return Map.of(
                "up_seconds",
                        up == 0
                                ? 0
                                : together(
                                        arguments, () -> perf.upload(arguments.peer(), up, PERF_TIMEOUT, bytes -> {})),
                "down_seconds",
                        down == 0
                                ? 0
                                : together(
                                        arguments,
                                        () -> perf.download(arguments.peer(), down, PERF_TIMEOUT, bytes -> {})));
    }

    private static final java.time.Duration PERF_TIMEOUT = java.time.Duration.ofMinutes(5);

    private static double together(Arguments arguments, Callable<?> one) throws Exception {
        long start = System.nanoTime();
        List<FutureTask<?>> all = new ArrayList<>();
        for (long i = 0; i < arguments.number("count", 1); i++) {
            all.add(beside(one));
        }
        for (FutureTask<?> each : all) {
            each.get();
        }
        return (System.nanoTime() - start) / 1e9;
    }
}
