package network.guts.libp2p.limits;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** The rate of each group of addresses, for one thread at a time. */
public final class InboundRates {
    /** A group costs about 200 bytes. Who has more groups of addresses than this has more than any rate can hold. */
    static final int MAX_GROUPS = 4096;

    private final InboundRate rate;

    /** The one that was asked for longest ago comes first. */
    private final Map<String, TokenBucket> buckets = new LinkedHashMap<>(16, 0.75f, true);

    public InboundRates(InboundRate rate) {
        this.rate = rate;
    }

    /**
     * True if one more may come from {@code group}.
     *
     * @param nanoTime {@link System#nanoTime} now
     */
    public boolean take(String group, long nanoTime) {
        TokenBucket bucket = buckets.get(group);
        if (bucket == null) {
            makeRoom(nanoTime);
            bucket = new TokenBucket(rate.burst(), rate.perSecond(), nanoTime);
            buckets.put(group, bucket);
        }
        return bucket.take(nanoTime);
    }

    /** Full buckets tell nothing; beyond the bound, the one that was not asked for longest is forgotten. */
    private void makeRoom(long nanoTime) {
        Iterator<TokenBucket> oldest = buckets.values().iterator();
        while (oldest.hasNext() && oldest.next().isFull(nanoTime)) {
            oldest.remove();
        }
        while (buckets.size() >= MAX_GROUPS) {
            Iterator<String> first = buckets.keySet().iterator();
            first.next();
            first.remove();
        }
    }

    int groups() {
        return buckets.size();
    }
}
