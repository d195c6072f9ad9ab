package network.guts.libp2p.yamux;

import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Pings the remote, measures the round trip, ends a connection whose remote is gone, and streams nobody closes. */
final class KeepAlive {
    /** How long a connection that was ended may take to send its last bytes and to see the remote's end. */
    static final Duration GOODBYE = Duration.ofSeconds(2);

    /** How often closed streams are looked at, at least. */
    private static final Duration LONGEST_TICK = Duration.ofSeconds(10);

    /** A pong may be late behind bytes in big socket buffers while others arrive; not for longer than so many time-outs. */
    private static final int PATIENCE = 6;

    private record Lingering(YamuxStream stream, long deadline) {}

    private final YamuxConnection connection;
    private final Outbound out;
    private final long interval;
    private final long timeout;
    private final long linger;
    private final ConcurrentLinkedQueue<Lingering> lingering = new ConcurrentLinkedQueue<>();
    private volatile long roundTrip;
    private volatile long lastHeard = System.nanoTime();

    /** The ping under way: its number, or -1; and when it was sent. The reader clears what the other thread sets. */
    private volatile int waitingFor = -1;

    private volatile long sent;
    private int number;

    KeepAlive(YamuxConnection connection, Outbound out, YamuxConfig config) {
        this.connection = connection;
        this.out = out;
        this.interval = config.keepAlive().toNanos();
        this.timeout = config.pingTimeout().toNanos();
        this.linger = config.linger().toNanos();
    }

    /** The last one measured, 0 before. */
    long roundTripNanos() {
        return roundTrip;
    }

    /** Something came in. */
    void heard() {
        lastHeard = System.nanoTime();
    }

    /** An answer to a ping; others than the one waited for mean nothing. */
    void pong(int answered) {
        if (waitingFor == answered) {
            waitingFor = -1;
            roundTrip = Math.max(1, System.nanoTime() - sent);
        }
    }

    void linger(YamuxStream stream) {
        lingering.add(new Lingering(stream, System.nanoTime() + linger));
    }

    /** Until the connection ends. */
    void run() throws InterruptedException {
        long tick = Math.min(Math.min(interval, timeout), Math.min(linger, LONGEST_TICK.toNanos()));
        ping();
        while (!connection.awaitEnd(tick)) {
            long now = System.nanoTime();
            endLingering(now);
            if (waitingFor >= 0) {
                long late = now - sent;
                if (late > timeout && now - lastHeard > timeout || late > PATIENCE * timeout) {
                    connection.close(
                            "no answer to a ping for " + Duration.ofNanos(late).toSeconds() + " s");
                }
            } else if (now - sent >= interval) {
                ping();
            }
        }
    }

    private void ping() {
        number = (number + 1) & Integer.MAX_VALUE;
        sent = System.nanoTime();
        waitingFor = number;
        out.control(Frame.PING, Frame.SYN, 0, number, true);
    }

    private void endLingering(long now) {
        Lingering first = lingering.peek();
        while (first != null && first.deadline() - now <= 0) {
            lingering.remove();
            first.stream().reset();
            first = lingering.peek();
        }
    }
}
