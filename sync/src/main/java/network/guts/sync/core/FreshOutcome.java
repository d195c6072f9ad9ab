package network.guts.sync.core;

import network.guts.core.Bytes;

/** What became of a word of freshness that came in. */
public sealed interface FreshOutcome {
    /** New: keep it, pass it on. */
    record Accepted() implements FreshOutcome {}

    /** Valid but of no use. */
    record Ignored(String reason) implements FreshOutcome {}

    /** Never valid. */
    record Rejected(String reason) implements FreshOutcome {}

    /** It speaks of a header that is not known here: something was missed, fetch the refs. */
    record NeedsHeader(long sequence, Bytes header) implements FreshOutcome {}
}
