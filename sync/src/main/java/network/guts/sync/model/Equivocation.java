package network.guts.sync.model;

import network.guts.core.PublicKey;

/**
 * Evidence that a delegate signed two headers with one sequence. Kept, given out and shown; anybody can check it.
 *
 * @param first the one with the smaller hash
 */
public record Equivocation(Signed<RefsHeader> first, Signed<RefsHeader> second) {
    public Equivocation {
        if (!first.signer().equals(second.signer())
                || !first.value().repository().equals(second.value().repository())
                || first.value().sequence() != second.value().sequence()
                || first.hash().compareTo(second.hash()) >= 0) {
            throw new IllegalArgumentException("not two headers of one signer with one sequence, in order of hashes");
        }
    }

    /** Two headers of one signer, repository and sequence, in either order. */
    public static Equivocation of(Signed<RefsHeader> one, Signed<RefsHeader> other) {
        return one.hash().compareTo(other.hash()) < 0 ? new Equivocation(one, other) : new Equivocation(other, one);
    }

    public PublicKey signer() {
        return first.signer();
    }

    public long sequence() {
        return first.value().sequence();
    }

    /** True if {@code header} is a later one of the signer that lists both. */
    public boolean isResolvedBy(Signed<RefsHeader> header) {
        return header.signer().equals(signer())
                && header.value().sequence() > sequence()
                && header.value().resolves().contains(first.hash())
                && header.value().resolves().contains(second.hash());
    }
}
