package network.guts.sync;

/** Told how long work goes on; called often, from several threads, must return at once. */
@FunctionalInterface
public interface Progress {
    /** Wants to hear nothing. */
    Progress NONE = state -> {};

    void update(State state);

    /**
     * How far the work is. Totals are 0 until they are known.
     *
     * @param phase what is being done, in a word or two: "finding providers", "fetching", "checking", "packing"
     * @param providers that deliver at the moment
     * @param bytesPerSecond over the last seconds
     */
    record State(
            String phase,
            long bytes,
            long totalBytes,
            long objects,
            long totalObjects,
            int providers,
            double bytesPerSecond) {}
}
