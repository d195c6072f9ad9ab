package network.guts.sync.core;

import static network.guts.sync.Fixtures.ALICE;
import static network.guts.sync.Fixtures.BOB;
import static network.guts.sync.Fixtures.CAROL;
import static network.guts.sync.Fixtures.RECOVERY;
import static network.guts.sync.Fixtures.first;
import static network.guts.sync.Fixtures.next;
import static network.guts.sync.Fixtures.repository;
import static network.guts.sync.Fixtures.signed;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import network.guts.core.Bytes;
import network.guts.sync.core.IdentityResolution.Invalid;
import network.guts.sync.core.IdentityResolution.Resolved;
import network.guts.sync.core.IdentityResolution.Undecided;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.SignedIdentity;
import org.junit.jupiter.api.Test;

class IdentityRulesTest {
    private final SignedIdentity first = signed(first(1, ALICE), ALICE);
    private final RepositoryId repository = repository(first);
    private final SignedIdentity left = signed(next(first, "left", 1, ALICE), ALICE);
    private final SignedIdentity right = signed(next(first, "right", 1, ALICE, BOB), ALICE, BOB);
    private final SignedIdentity afterRight = signed(next(right, "after", 1, BOB), BOB);

    private IdentityResolution resolve(List<SignedIdentity> known, List<Bytes> applied, Optional<Bytes> choice) {
        return IdentityRules.resolve(repository, known, applied, choice);
    }

    private static IdentityChain chain(IdentityResolution resolution) {
        assertThat(resolution).isInstanceOf(Resolved.class);
        return ((Resolved) resolution).chain();
    }

    @Test
    void aChainIsFoundInWhateverOrderItsRevisionsCome() {
        List<SignedIdentity> known = new ArrayList<>(List.of(first, right, afterRight));
        for (long seed = 0; seed < 6; seed++) {
            Collections.shuffle(known, new Random(seed));
            assertThat(chain(resolve(known, List.of(), Optional.empty())).revisions())
                    .as("seed " + seed)
                    .containsExactly(first, right, afterRight);
        }
    }

    @Test
    void withoutRevisionZeroThereIsNothing() {
        assertThat(resolve(List.of(left), List.of(), Optional.empty())).isInstanceOf(Invalid.class);
        SignedIdentity unsigned = signed(first(1, ALICE, BOB), ALICE);
        assertThat(IdentityRules.resolve(repository(unsigned), List.of(unsigned), List.of(), Optional.empty()))
                .isInstanceOf(Invalid.class);
    }

    @Test
    void aNewReaderRefusesAForkUntilItChooses() {
        List<SignedIdentity> known = List.of(first, left, right, afterRight);
        IdentityResolution undecided = resolve(known, List.of(), Optional.empty());
        assertThat(undecided).isInstanceOf(Undecided.class);
        assertThat(((Undecided) undecided).choices()).containsExactlyInAnyOrder(left.hash(), right.hash());

        assertThat(chain(resolve(known, List.of(), Optional.of(left.hash()))).newest())
                .isEqualTo(left);
        IdentityChain descendant = chain(resolve(known, List.of(), Optional.of(afterRight.hash())));
        assertThat(descendant.newest()).isEqualTo(afterRight);
        assertThat(descendant.forks()).containsExactly(left);
        assertThat(resolve(known, List.of(), Optional.of(Bytes.sha256(new byte[0]))))
                .isInstanceOf(Undecided.class);
    }

    @Test
    void whoHasAppliedOneStaysWithItAndShowsTheFork() {
        IdentityResolution resolution =
                resolve(List.of(first, right, left, afterRight), List.of(first.hash(), left.hash()), Optional.empty());
        assertThat(chain(resolution).newest()).isEqualTo(left);
        assertThat(chain(resolution).forks()).containsExactlyInAnyOrder(right, afterRight);
        assertThat(((Resolved) resolution).warnings())
                .singleElement()
                .asString()
                .contains("2 valid versions");
    }

    @Test
    void theRecoveryKeyDecidesAlsoAgainstWhatWasAppliedAndChosen() {
        SignedIdentity saved = signed(next(first, "saved", 1, CAROL), ALICE, CAROL, RECOVERY);
        IdentityResolution resolution = resolve(
                List.of(first, left, right, saved), List.of(first.hash(), left.hash()), Optional.of(saved.hash()));
        assertThat(chain(resolution).newest()).isEqualTo(saved);
        assertThat(resolve(List.of(first, left, saved), List.of(), Optional.of(left.hash())))
                .isInstanceOf(Invalid.class);
    }

    @Test
    void aRecoverySignatureThatComesLaterInAnotherEnvelopeCounts() {
        SignedIdentity byRecovery = signed(left.value(), RECOVERY);
        assertThat(byRecovery.hash()).isEqualTo(left.hash());
        IdentityResolution resolution = resolve(List.of(first, left, right, byRecovery), List.of(), Optional.empty());
        assertThat(chain(resolution).newest().hash()).isEqualTo(left.hash());
    }

    @Test
    void twoThatTheRecoveryKeySignedNeedAChoice() {
        SignedIdentity one = signed(next(first, "one", 1, ALICE), ALICE, RECOVERY);
        SignedIdentity two = signed(next(first, "two", 1, ALICE), ALICE, RECOVERY);
        assertThat(resolve(List.of(first, one, two, left), List.of(), Optional.empty()))
                .isInstanceOf(Undecided.class);
        assertThat(chain(resolve(List.of(first, one, two), List.of(one.hash()), Optional.empty()))
                        .newest())
                .isEqualTo(one);
    }

    @Test
    void invalidSuccessorsAreLeftOut() {
        SignedIdentity stolen = signed(next(first, "stolen", 1, CAROL), CAROL);
        assertThat(chain(resolve(List.of(first, stolen), List.of(), Optional.empty()))
                        .newest())
                .isEqualTo(first);
    }
}
