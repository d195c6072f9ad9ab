package network.guts.libp2p.limits;

/** How often something may happen: so many at once, and so many a second in the long run. For one thread at a time. */
public final class TokenBucket {
    private static final double NANOS = 1e9;

    private final double capacity;
    private final double perSecond;
    private double tokens;
    private long last;

    /**
     * A full one.
     *
     * @param nanoTime {@link System#nanoTime} now
     */
    public TokenBucket(double capacity, double perSecond, long nanoTime) {
        this.capacity = capacity;
        this.perSecond = perSecond;
        this.tokens = capacity;
        this.last = nanoTime;
    }

    /** Takes one; false once it is overdrawn. */
    public boolean take(long nanoTime) {
        fill(nanoTime);
        if (tokens < 1) {
            return false;
        }
        tokens--;
        return true;
    }

    /** True if nothing was taken for so long that a new one is the same. */
    boolean isFull(long nanoTime) {
        fill(nanoTime);
        return tokens >= capacity;
    }

    private void fill(long nanoTime) {
        tokens = Math.min(capacity, tokens + (nanoTime - last) / NANOS * perSecond);
        last = nanoTime;
    }
}
