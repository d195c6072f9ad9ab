package network.guts.sync.fetch;

import java.time.Duration;
import java.time.Instant;

/**
 * What one provider did: points that fade, and how fast it delivered.
 *
 * @param points as they were at {@code at}; 0 for a stranger, higher is better
 * @param bytesPerSecond of what it delivered, smoothed; 0 if it never did
 * @param at when it last did something
 */
record ProviderScore(double points, double bytesPerSecond, Instant at) {
    /** What long good service is worth, and no more: it must not outweigh a lie. */
    static final double HIGHEST = 10;

    /** One wrong chunk, signature or body. Nobody does that by mistake. */
    static final double LIE = -100;

    /** Silence on a request: a broken peer, or one that wants to hold a fetch up. */
    static final double SILENCE = -10;

    /** A dial or a stream that failed: the peer may be offline. */
    static final double FAILURE = -1;

    static final double DELIVERY = 1;

    /** Below this a provider is a last resort: a lie takes a week to fade so far. */
    static final double DISGRACE = LIE / 2;

    /** Whoever only failed or was silent does not get lower: that is no lie. */
    private static final double LOWEST_WITHOUT_LIE = -20;

    /** Points count half after this: peers change hands, disks are repaired. */
    static final Duration HALF_LIFE = Duration.ofDays(7);

    /** With fewer points left than this, for good or bad, a provider is forgotten; a lie after eight weeks. */
    private static final double FORGOTTEN = 0.5;

    /** The weight of the past in the rate, for each fetch. */
    private static final double PAST = 0.5;

    static ProviderScore stranger(Instant now) {
        return new ProviderScore(0, 0, now);
    }

    /** What is left of the points at {@code now}. */
    double pointsAt(Instant now) {
        double age = Math.max(0, Duration.between(at, now).toMillis());
        return points * Math.pow(0.5, age / HALF_LIFE.toMillis());
    }

    boolean isForgotten(Instant now) {
        return Math.abs(pointsAt(now)) < FORGOTTEN;
    }

    ProviderScore delivered(long bytes, Duration took, Instant now) {
        double measured = bytes / Math.max(1e-3, took.toNanos() / 1e9);
        double rate = bytesPerSecond == 0 ? measured : bytesPerSecond * PAST + measured * (1 - PAST);
        return new ProviderScore(Math.min(HIGHEST, pointsAt(now) + DELIVERY), rate, now);
    }

    /** It failed, or was silent. */
    ProviderScore weakened(double change, Instant now) {
        double before = pointsAt(now);
        return new ProviderScore(Math.max(Math.min(before, LOWEST_WITHOUT_LIE), before + change), bytesPerSecond, now);
    }

    ProviderScore lied(Instant now) {
        return new ProviderScore(LIE, bytesPerSecond, now);
    }
}
