package network.guts.libp2p.autonat;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.host.Stream;
import network.guts.core.host.StreamHandler;
import network.guts.libp2p.autonat.wire.AutonatMessage;
import network.guts.libp2p.autonat.wire.AutonatMessage.DialDataRequest;
import network.guts.libp2p.autonat.wire.AutonatMessage.DialDataResponse;
import network.guts.libp2p.autonat.wire.AutonatMessage.DialRequest;
import network.guts.libp2p.autonat.wire.AutonatMessage.DialResponse;
import network.guts.libp2p.autonat.wire.AutonatMessage.DialStatus;
import network.guts.libp2p.autonat.wire.AutonatMessage.ResponseStatus;
import network.guts.runtime.Frames;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves {@code /libp2p/autonat/2/dial-request}: dials one address of the client, and says what came of it. */
final class AutonatServer implements StreamHandler {
    /** As go-libp2p: for the request, and for all of the data. */
    static final Duration TIMEOUT = Duration.ofSeconds(15);

    /** The specification's bounds: more than a handshake costs whoever is dialled. */
    static final int LEAST_DATA = 30_000;

    static final int MOST_DATA = 100_000;

    /** A message with less than this is work for nothing; only the last may be smaller. As go-libp2p. */
    static final int SMALLEST_DATA = 100;

    /**
     * Whoever is dialled for many clients at once is not dialled by all servers in the same moment: each waits up to so
     * long. As go-libp2p.
     */
    static final Duration LONGEST_WAIT = Duration.ofSeconds(3);

    private static final Logger LOG = LoggerFactory.getLogger(AutonatServer.class);

    /** Dials. */
    interface Dialler {
        DialStatus dial(PeerId peer, Multiaddr address, long nonce);
    }

    private final DialPolicy policy;
    private final Dialler dialler;
    private final RequestLimits limits;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Duration longestWait;
    private final ReentrantLock lock = new ReentrantLock();

    /**
     * @param random thread-safe
     * @param longestWait before an address is dialled that cost data
     */
    AutonatServer(
            DialPolicy policy,
            Dialler dialler,
            RequestLimits.Settings limits,
            InstantSource clock,
            RandomGenerator random,
            Duration longestWait) {
        this.policy = policy;
        this.dialler = dialler;
        this.limits = new RequestLimits(limits);
        this.clock = clock;
        this.random = random;
        this.longestWait = longestWait;
    }

    @Override
    public void handle(Stream stream) throws IOException {
        PeerId peer = stream.connection().peer();
        stream.readTimeout(TIMEOUT);
        stream.writeTimeout(TIMEOUT);
        if (!begin(stream)) {
            LOG.debug("{}: dial request rejected, too many", peer);
            answer(stream, AutonatMessage.refusal(ResponseStatus.E_REQUEST_REJECTED));
            return;
        }
        DialResponse response;
        try {
            response = serve(stream);
        } finally {
            end(peer);
        }
        answer(stream, response);
    }

    private boolean begin(Stream stream) {
        lock.lock();
        try {
            return limits.begin(stream.connection().peer(), Voters.of(stream.connection()), clock.instant());
        } finally {
            lock.unlock();
        }
    }

    private void end(PeerId peer) {
        lock.lock();
        try {
            limits.end(peer);
        } finally {
            lock.unlock();
        }
    }

    private boolean mayAskForData() {
        lock.lock();
        try {
            return limits.data(clock.instant());
        } finally {
            lock.unlock();
        }
    }

    private DialResponse serve(Stream stream) throws IOException {
        PeerId peer = stream.connection().peer();
        if (!(AutonatMessage.parse(Frames.readRequired(stream, AutonatMessage.MAX_BYTES))
                instanceof DialRequest request)) {
            throw new MalformedException("the first message is no dial request");
        }
        Optional<DialPolicy.Choice> choice =
                policy.choose(request.addresses(), stream.connection().address());
        if (choice.isEmpty()) {
            return AutonatMessage.refusal(ResponseStatus.E_DIAL_REFUSED);
        }
        int index = choice.get().index();
        if (choice.get().needsData()) {
            if (!mayAskForData()) {
                LOG.debug("{}: dial request rejected, too many that need data", peer);
                return AutonatMessage.refusal(ResponseStatus.E_REQUEST_REJECTED);
            }
            takeData(stream, index);
            waitALittle();
        }
        DialStatus status = dialler.dial(peer, choice.get().address(), request.nonce());
        LOG.debug("dialled {} at {} for it: {}", peer, choice.get().address(), status);
        return new DialResponse(ResponseStatus.OK, index, status);
    }

    private void takeData(Stream stream, int index) throws IOException {
        int wanted = random.nextInt(LEAST_DATA, MOST_DATA);
        Frames.write(stream, new DialDataRequest(index, wanted).encode());
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        for (int left = wanted; left > 0; ) {
            long nanos = deadline - System.nanoTime();
            if (nanos <= 0) {
                throw new SocketTimeoutException("the dial data took too long");
            }
            stream.readTimeout(Duration.ofNanos(nanos));
            if (!(AutonatMessage.parse(Frames.readRequired(stream, AutonatMessage.MAX_BYTES))
                    instanceof DialDataResponse data)) {
                throw new MalformedException("something else than dial data");
            }
            left -= data.size();
            if (data.size() < SMALLEST_DATA && left > 0) {
                throw new MalformedException("dial data in messages of " + data.size() + " bytes");
            }
        }
    }

    private void waitALittle() throws IOException {
        try {
            Thread.sleep(Duration.ofNanos(random.nextLong(longestWait.toNanos() + 1)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted before a dial-back", e);
        }
    }

    private static void answer(Stream stream, DialResponse response) throws IOException {
        Frames.write(stream, response.encode());
        stream.closeWrite();
    }
}
