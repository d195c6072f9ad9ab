package network.guts.libp2p.yamux;

/** A token bucket: what a remote may do that costs us and that honest ones do rarely. For one thread. */
final class Budget {
    private static final double NANOS = 1e9;

    private final double capacity;
    private final double perSecond;
    private double tokens;
    private long last;

    Budget(int capacity, int perSecond, long nanoTime) {
        this.capacity = capacity;
        this.perSecond = perSecond;
        this.tokens = capacity;
        this.last = nanoTime;
    }

    /** Takes one; false once it is overdrawn. */
    boolean take(long nanoTime) {
        tokens = Math.min(capacity, tokens + (nanoTime - last) / NANOS * perSecond);
        last = nanoTime;
        if (tokens < 1) {
            return false;
        }
        tokens--;
        return true;
    }
}
