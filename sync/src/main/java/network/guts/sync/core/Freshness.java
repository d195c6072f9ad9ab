package network.guts.sync.core;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.core.PublicKey;
import network.guts.sync.model.Fresh;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.Signed;

/**
 * How old the newest word is that a delegate's refs are still what they were: so that a provider cannot pass off last
 * year's state as today's. Single-threaded, beside a repository's {@link DelegateViews}.
 */
public final class Freshness {
    /** How often an online delegate signs. */
    public static final Duration INTERVAL = Duration.ofHours(24);

    /** Past this, people are warned. */
    public static final Duration STALE = Duration.ofDays(7);

    /** Clocks differ; a word from further ahead would hide that no other follows. */
    public static final Duration MAX_AHEAD = Duration.ofMinutes(10);

    private final DelegateViews views;
    private final Map<PublicKey, Signed<Fresh>> words = new LinkedHashMap<>();

    /**
     * How sure one may be.
     *
     * @param confirmed when a delegate last said so; empty if none has
     * @param stale true if people should be warned
     * @param words for people: "confirmed 5 h ago"
     */
    public record Confirmation(Optional<Instant> confirmed, boolean stale, String words) {}

    public Freshness(DelegateViews views) {
        this.views = views;
    }

    /** Takes a word whose signature holds. */
    public FreshOutcome accept(Signed<Fresh> word, Instant now) {
        Fresh fresh = word.value();
        PublicKey signer = word.signer();
        if (!fresh.repository().equals(views.chain().repository())) {
            return new FreshOutcome.Rejected("a word on another repository");
        }
        if (!views.chain().isDelegate(signer)) {
            // It may be one of a revision that was not heard of yet: no reason to blame who passed it on.
            return new FreshOutcome.Ignored("its signer is no delegate now");
        }
        if (fresh.time().isAfter(now.plus(MAX_AHEAD))) {
            return new FreshOutcome.Ignored("a word from the future");
        }
        long highest = views.highest(signer);
        if (fresh.sequence() < highest) {
            return new FreshOutcome.Ignored("a newer header of its signer is known");
        }
        boolean known = views.headers(signer).stream().anyMatch(header -> speaksOf(fresh, header));
        if (!known) {
            return new FreshOutcome.NeedsHeader(fresh.sequence(), fresh.header());
        }
        Signed<Fresh> last = words.get(signer);
        if (last != null && !fresh.time().isAfter(last.value().time())) {
            return new FreshOutcome.Ignored("a newer word of its signer is known");
        }
        words.put(signer, word);
        return new FreshOutcome.Accepted();
    }

    /** The newest word of each signer. */
    public Collection<Signed<Fresh>> words() {
        return List.copyOf(words.values());
    }

    /** True if {@code signer} should sign again: nothing signed yet, or a day ago, or for an older header. */
    public boolean isDue(PublicKey signer, Instant now) {
        Signed<Fresh> last = words.get(signer);
        return last == null
                || last.value().sequence() < views.highest(signer)
                || !last.value().time().plus(INTERVAL).isAfter(now);
    }

    /** What may be told about the state that counts: words on older headers do not. */
    public Confirmation confirmation(Instant now) {
        Map<PublicKey, Signed<RefsHeader>> counting = views.counting();
        Optional<Instant> newest = words.values().stream()
                .filter(word -> {
                    Signed<RefsHeader> header = counting.get(word.signer());
                    return header != null && speaksOf(word.value(), header);
                })
                .map(word -> word.value().time())
                .max(Instant::compareTo);
        if (newest.isEmpty()) {
            return new Confirmation(newest, true, "not confirmed by any delegate");
        }
        Duration age = Duration.between(newest.get(), now);
        return new Confirmation(newest, age.compareTo(STALE) > 0, "confirmed " + inWords(age) + " ago");
    }

    private static boolean speaksOf(Fresh fresh, Signed<RefsHeader> header) {
        return header.value().sequence() == fresh.sequence() && header.hash().equals(fresh.header());
    }

    private static String inWords(Duration age) {
        if (age.toMinutes() < 1) {
            return Math.max(0, age.toSeconds()) + " s";
        }
        if (age.toHours() < 1) {
            return age.toMinutes() + " min";
        }
        return age.toDays() < 2 ? age.toHours() + " h" : age.toDays() + " days";
    }
}
