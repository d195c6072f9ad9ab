package network.guts.libp2p.ping;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.core.host.Stream;
import network.guts.libp2p.metrics.HostMetrics;
import network.guts.libp2p.swarm.Connection;
import network.guts.libp2p.swarm.Protocols;
import network.guts.libp2p.swarm.Reasons;
import network.guts.libp2p.swarm.Swarm;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Both ends of ping. */
public final class Ping {
    public static final String ID = "/ipfs/ping/1.0.0";

    /** The specification's payload. */
    private static final int BYTES = 32;

    /** As go-libp2p and the specification: one that ends and one that begins. */
    private static final int STREAMS_PER_PEER = 2;

    /** A stream on which nothing is pinged for so long is given up. */
    private static final Duration IDLE = Duration.ofMinutes(2);

    private static final Duration KEEP_ALIVE_TIMEOUT = Duration.ofSeconds(10);
    private static final Logger LOG = LoggerFactory.getLogger(Ping.class);

    private final Swarm swarm;
    private final HostMetrics metrics;
    private final SecureRandom random = new SecureRandom();

    public Ping(Swarm swarm, HostMetrics metrics) {
        this.swarm = swarm;
        this.metrics = metrics;
    }

    public void serve(Protocols protocols) {
        protocols.serve(ID, Ping::echo, STREAMS_PER_PEER);
    }

    private static void echo(Stream stream) throws IOException {
        byte[] payload = new byte[BYTES];
        stream.readTimeout(IDLE);
        while (true) {
            int count = stream.read(payload, 0, BYTES);
            if (count < 0) {
                return;
            }
            stream.readFully(payload, count, BYTES - count);
            stream.write(payload);
        }
    }

    /**
     * Measures one round trip, on a stream of its own: some peers serve only the newest.
     *
     * @param timeout for the connection, the stream and the answer together
     * @throws IOException if the peer cannot be reached, does not serve ping or does not answer in time
     */
    public Duration ping(PeerId peer, Duration timeout) throws IOException {
        long begin = System.nanoTime();
        return ping(swarm.connect(peer, List.of(), timeout), begin, timeout);
    }

    /** Asks for a sign of life, in the background. Any answer is one, also that ping is not served. */
    public void keepAlive(Connection connection) {
        Thread.ofVirtual()
                .name("ping-" + connection.info().peer().abbreviated())
                .start(() -> {
                    try {
                        ping(connection, System.nanoTime(), KEEP_ALIVE_TIMEOUT);
                    } catch (IOException e) {
                        LOG.debug("{}: {}", connection, Reasons.of(e));
                    }
                });
    }

    private Duration ping(Connection connection, long begin, Duration timeout) throws IOException {
        byte[] payload = new byte[BYTES];
        random.nextBytes(payload);
        byte[] answer = new byte[BYTES];
        try (Stream stream = swarm.openNow(connection, ID, left(begin, timeout))) {
            long start = System.nanoTime();
            stream.writeTimeout(left(begin, timeout));
            stream.write(payload);
            stream.readTimeout(left(begin, timeout));
            stream.readFully(answer, 0, BYTES);
            Duration roundTrip = Duration.ofNanos(System.nanoTime() - start);
            if (!Arrays.equals(payload, answer)) {
                throw new MalformedException("ping came back with other bytes");
            }
            connection.pinged(roundTrip);
            metrics.pinged(roundTrip);
            return roundTrip;
        }
    }

    private static Duration left(long begin, Duration timeout) throws SocketTimeoutException {
        Duration left = timeout.minusNanos(System.nanoTime() - begin);
        if (!left.isPositive()) {
            throw new SocketTimeoutException("no answer to ping within " + timeout.toMillis() + " ms");
        }
        return left;
    }
}
