package network.guts.sync.core;

import java.util.List;
import network.guts.core.Bytes;
import network.guts.sync.model.SignedIdentity;

/** What the identities that are known of a repository amount to. */
public sealed interface IdentityResolution {
    /** There is one chain. {@code warnings} tell people of forks, in words. */
    record Resolved(IdentityChain chain, List<String> warnings) implements IdentityResolution {
        public Resolved {
            warnings = List.copyOf(warnings);
        }
    }

    /** Several valid successors of one revision, and nothing that decides: the reader must choose one by its hash. */
    record Undecided(long revision, List<SignedIdentity> candidates) implements IdentityResolution {
        public Undecided {
            candidates = List.copyOf(candidates);
        }

        /** What may be chosen, in order. */
        public List<Bytes> choices() {
            return candidates.stream().map(SignedIdentity::hash).toList();
        }
    }

    /** There is no valid revision 0, or the choice that was made is not among what is known. */
    record Invalid(String reason) implements IdentityResolution {}
}
