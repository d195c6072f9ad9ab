package network.guts.sync.core;

import network.guts.core.Bytes;
import network.guts.sync.model.Equivocation;

/** What became of a header that came in. */
public sealed interface HeaderOutcome {
    /** New, and its signer's newest: keep it, fetch its body, pass it on. */
    record Accepted() implements HeaderOutcome {}

    /**
     * Older than its signer's newest, but it decides what counts beside an equivocation: keep it, fetch its body; it is
     * no news to pass on.
     */
    record Backfilled() implements HeaderOutcome {}

    /** Valid but of no use: known, older than what is known, or made on a fork of the identity that is not followed. */
    record Ignored(String reason) implements HeaderOutcome {}

    /** Never valid: whoever passed it on should not have. */
    record Rejected(String reason) implements HeaderOutcome {}

    /** Made under a revision that is not known: fetch the identity chain, then try again. */
    record NeedsIdentity(Bytes revision) implements HeaderOutcome {}

    /** Its signer has signed another header with this sequence: keep both, pass this one on once. */
    record Equivocated(Equivocation evidence) implements HeaderOutcome {}
}
