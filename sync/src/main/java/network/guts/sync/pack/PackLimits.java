package network.guts.sync.pack;

/**
 * What parsing a pack may cost.
 *
 * @param threads that parse, at least 1
 * @param memoryBytes heap for the content of objects while deltas are resolved, over all threads; the tables of a pack
 *     (about 80 bytes an object) come on top. An object that is a delta, a base, a tree or a commit must fit in.
 * @param maxObjectBytes of one object
 * @param inflationRatio together with {@code inflationAllowance}: all objects of a pack have at most {@code ratio ×
 *     packed size + allowance} bytes
 */
public record PackLimits(
        int threads, long memoryBytes, long maxObjectBytes, int inflationRatio, long inflationAllowance) {
    /** 2 GiB less the few bytes that a Java array cannot have. */
    public static final long MAX_OBJECT_BYTES = Integer.MAX_VALUE - 8L;

    public static final int INFLATION_RATIO = 200;
    public static final long INFLATION_ALLOWANCE = 1L << 30;

    public PackLimits {
        if (threads < 1 || memoryBytes < 1 << 20 || maxObjectBytes < 1 || maxObjectBytes > MAX_OBJECT_BYTES) {
            throw new IllegalArgumentException("limits that allow nothing, or more than an array holds");
        }
    }

    /** All cores, {@code memoryBytes}, and the network's limits for the rest. */
    public static PackLimits of(long memoryBytes) {
        return new PackLimits(
                Runtime.getRuntime().availableProcessors(),
                memoryBytes,
                MAX_OBJECT_BYTES,
                INFLATION_RATIO,
                INFLATION_ALLOWANCE);
    }

    /** The inflated bytes that a pack of {@code packed} bytes may have. */
    long allowance(long packed) {
        return packed * inflationRatio + inflationAllowance;
    }
}
