package network.guts.sync.core;

import java.util.List;
import java.util.Optional;
import network.guts.core.Bytes;
import network.guts.core.PublicKey;
import network.guts.sync.model.Identity;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.SignedIdentity;

/**
 * The identities of a repository that count, from revision 0 to the newest, each a valid successor of the one before;
 * and valid ones that do not count. {@link IdentityRules} makes it.
 *
 * @param revisions in order; revision n at index n
 * @param forks valid identities that another successor, or the reader's choice, put aside; in order of their hashes.
 *     They are kept and relayed, so that others can choose
 */
public record IdentityChain(RepositoryId repository, List<SignedIdentity> revisions, List<SignedIdentity> forks) {
    public IdentityChain {
        revisions = List.copyOf(revisions);
        forks = List.copyOf(forks);
        if (revisions.isEmpty()) {
            throw new IllegalArgumentException("a chain begins with revision 0");
        }
    }

    /** The revision that says who is a delegate now. */
    public SignedIdentity newest() {
        return revisions.getLast();
    }

    public Identity identity() {
        return newest().value();
    }

    /** The revision whose payload has this hash, if it counts. */
    public Optional<SignedIdentity> byHash(Bytes hash) {
        return revisions.stream()
                .filter(revision -> revision.hash().equals(hash))
                .findFirst();
    }

    /** True if the identity of this hash is one that does not count. */
    public boolean isFork(Bytes hash) {
        return forks.stream().anyMatch(fork -> fork.hash().equals(hash));
    }

    public boolean isDelegate(PublicKey key) {
        return identity().delegates().contains(key);
    }
}
