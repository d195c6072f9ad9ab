package network.guts.node.control;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.MalformedException;
import network.guts.node.output.Event;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves the control socket: one request a connection, its events as they come, until {@code done} or {@code error}. */
public final class ControlServer implements AutoCloseable {
    /** More clients at once than any person or script has. */
    private static final int MAX_CLIENTS = 64;

    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);
    private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);

    private final Path socket;
    private final ServerSocketChannel server;
    private final Map<String, Operation> operations;
    private final Semaphore places = new Semaphore(MAX_CLIENTS);
    private final Set<SocketChannel> clients = ConcurrentHashMap.newKeySet();
    private final AtomicLong lastBusyNanos = new AtomicLong(System.nanoTime());

    private ControlServer(Path socket, ServerSocketChannel server, Map<String, Operation> operations) {
        this.socket = socket;
        this.server = server;
        this.operations = Map.copyOf(operations);
    }

    /**
     * Binds the socket, replacing one that a killed node left: the caller holds the home's lock.
     *
     * @throws IOException if it cannot be bound
     */
    public static ControlServer open(Path socket, Map<String, Operation> operations) throws IOException {
        ControlSocket.prepareFolder(socket);
        Files.deleteIfExists(socket);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            server.bind(UnixDomainSocketAddress.of(socket));
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
        } catch (IOException e) {
            server.close();
            throw new IOException("cannot bind the control socket " + socket + ": " + e.getMessage(), e);
        }
        ControlServer control = new ControlServer(socket, server, operations);
        Thread.ofVirtual().name("control").start(control::accept);
        return control;
    }

    /** How long no request has been running; zero while one is. */
    public Duration idle() {
        return places.availablePermits() < MAX_CLIENTS
                ? Duration.ZERO
                : Duration.ofNanos(System.nanoTime() - lastBusyNanos.get());
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                SocketChannel client = server.accept();
                if (!places.tryAcquire()) {
                    client.close();
                    continue;
                }
                clients.add(client);
                Thread.ofVirtual().name("control-client").start(() -> serve(client));
            } catch (ClosedChannelException stopped) {
                return;
            } catch (IOException e) {
                LOG.error("the control socket does not accept: {}", e.getMessage());
                return;
            }
        }
    }

    private void serve(SocketChannel client) {
        try (client) {
            LineChannel lines = new LineChannel(client, Request.MAX_LINE);
            CountDownLatch read = new CountDownLatch(1);
            Thread.ofVirtual().name("control-timeout").start(() -> closeUnless(read, client));
            String line = lines.read();
            read.countDown();
            if (line != null) {
                answer(client, lines, line);
            }
        } catch (IOException e) {
            LOG.debug("a control client went away: {}", e.getMessage());
        } finally {
            clients.remove(client);
            lastBusyNanos.set(System.nanoTime());
            places.release();
        }
    }

    private static void closeUnless(CountDownLatch read, SocketChannel client) {
        try {
            if (!read.await(REQUEST_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                client.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.debug("closing an idle control client: {}", e.getMessage());
        }
    }

    private void answer(SocketChannel client, LineChannel lines, String line) throws IOException {
        ReentrantLock writing = new ReentrantLock();
        AtomicBoolean ended = new AtomicBoolean();
        Operation.Reply reply = event -> {
            writing.lock();
            try {
                if (!ended.get()) {
                    ended.set(event.isLast());
                    lines.write(event.json());
                }
            } finally {
                writing.unlock();
            }
        };
        Thread worker = Thread.currentThread();
        Thread watcher = Thread.ofVirtual().name("control-watch").start(() -> {
            // A client says nothing after its request; the end of its side means that it is gone.
            try {
                while (lines.read() != null) {
                    LOG.debug("a control client said more than its request");
                }
            } catch (IOException gone) {
                LOG.debug("a control client went away: {}", gone.getMessage());
            }
            if (!ended.get()) {
                worker.interrupt();
            }
        });
        try {
            run(Request.parse(line), reply);
            reply.send(Event.of("done"));
        } catch (MalformedException e) {
            reply.send(new Failure(ExitCode.USAGE, "a request that is " + e.getMessage(), "see docs/control-api.md")
                    .event());
        } catch (Failure failure) {
            reply.send(failure.event());
        } finally {
            ended.set(true);
            client.close();
            watcher.interrupt();
        }
    }

    private void run(Request request, Operation.Reply reply) throws Failure, IOException {
        Operation operation = operations.get(request.command());
        if (operation == null) {
            throw new Failure(
                    ExitCode.USAGE,
                    "this node knows no request \"" + request.command() + "\"",
                    "the node may be older than the command: guts node stop, then try again");
        }
        try {
            operation.run(request, reply);
        } catch (Exception problem) {
            // Whatever went wrong, the client must hear of it; a bug of ours goes to the log as well.
            if (problem instanceof RuntimeException) {
                LOG.error("the request {} failed", request.command(), problem);
            } else {
                LOG.info("the request {} failed: {}", request.command(), problem.getMessage());
            }
            throw Failure.of(problem, request.command());
        }
    }

    /** Ends what is running and removes the socket. */
    @Override
    public void close() throws IOException {
        server.close();
        for (SocketChannel client : clients) {
            client.close();
        }
        Files.deleteIfExists(socket);
    }
}
