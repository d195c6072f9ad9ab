package network.guts.libp2p.limits;

/** How much of a limit of memory must be left for a reservation to succeed: the less it matters, the earlier it fails. */
public enum Priority {
    /** What only makes things faster: a larger window, a larger buffer. */
    LOW(50),
    /** What a remote wants of us: its connections and streams. */
    MEDIUM(80),
    /** What this host wants itself, or has promised before. */
    HIGH(100);

    private final int percent;

    Priority(int percent) {
        this.percent = percent;
    }

    /** The part of {@code limit} that may be in use afterwards. */
    long of(long limit) {
        return limit / 100 * percent + limit % 100 * percent / 100;
    }
}
