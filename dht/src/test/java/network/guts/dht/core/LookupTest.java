package network.guts.dht.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LookupTest {
    private static final int SELF = 0b1111_1111;

    private static Lookup lookup(int target, int k, int alpha, int width) {
        return new Lookup(Tiny.key(target), Tiny.peer(SELF), k, alpha, width);
    }

    private static List<Integer> ask(Lookup lookup) {
        List<Integer> asked = new ArrayList<>();
        for (var next = lookup.next(); next.isPresent(); next = lookup.next()) {
            Contact contact = next.get().contact();
            asked.add(IntStream.range(0, 256)
                    .filter(i -> Tiny.key(i).equals(contact.key()))
                    .findFirst()
                    .orElseThrow());
        }
        return asked;
    }

    private static void answer(Lookup lookup, int from, int... closer) {
        lookup.answered(
                Tiny.peer(from), IntStream.of(closer).mapToObj(Tiny::contact).toList(), "answered");
    }

    private static List<Contact> contacts(int... bits) {
        return IntStream.of(bits).mapToObj(Tiny::contact).toList();
    }

    @Test
    void asks_the_closest_first_and_alpha_at_once() {
        Lookup lookup = lookup(0b0000_0000, 4, 2, 4);
        lookup.begin(contacts(0b1000_0000, 0b0100_0000, 0b0010_0000));
        assertThat(ask(lookup)).containsExactly(0b0010_0000, 0b0100_0000);
        answer(lookup, 0b0010_0000, 0b0000_0001);
        assertThat(ask(lookup)).containsExactly(0b0000_0001);
    }

    @Test
    void is_done_when_the_k_closest_have_answered_and_not_before() {
        Lookup lookup = lookup(0, 2, 3, 2);
        lookup.begin(contacts(0b1000_0000));
        ask(lookup);
        answer(lookup, 0b1000_0000, 1, 2, 4);
        // Only those among the two closest are asked.
        assertThat(ask(lookup)).containsExactly(1, 2);
        answer(lookup, 2);
        assertThat(lookup.isDone()).isFalse();
        answer(lookup, 1);
        assertThat(lookup.isDone()).isTrue();
        assertThat(lookup.closest()).isEqualTo(contacts(1, 2));
    }

    @Test
    void a_failed_peer_is_replaced_by_the_next_closest() {
        Lookup lookup = lookup(0, 2, 3, 2);
        lookup.begin(contacts(1, 2, 4, 8));
        assertThat(ask(lookup)).containsExactly(1, 2);
        lookup.failed(Tiny.peer(1), "connection refused");
        assertThat(ask(lookup)).containsExactly(4);
        answer(lookup, 2);
        answer(lookup, 4);
        assertThat(lookup.isDone()).isTrue();
        assertThat(lookup.closest()).isEqualTo(contacts(2, 4));
        assertThat(lookup.outcomes()).containsEntry(Tiny.peer(1), "failed: connection refused");
    }

    @Test
    void ends_when_everybody_failed() {
        Lookup lookup = lookup(0, 2, 3, 2);
        lookup.begin(contacts(1, 2));
        ask(lookup);
        lookup.failed(Tiny.peer(1), "x");
        lookup.failed(Tiny.peer(2), "y");
        assertThat(lookup.isDone()).isTrue();
        assertThat(lookup.closest()).isEmpty();
        assertThat(lookup(0, 2, 3, 2).isDone()).isTrue();
    }

    @Test
    void a_rough_lookup_ends_with_its_width() {
        Lookup lookup = lookup(0, 20, 10, 1);
        lookup.begin(contacts(1, 2, 4));
        ask(lookup);
        answer(lookup, 2);
        assertThat(lookup.isDone()).isFalse();
        answer(lookup, 1);
        assertThat(lookup.isDone()).isTrue();
    }

    @Test
    void counts_hops_from_the_own_table() {
        Lookup lookup = lookup(0, 4, 1, 4);
        lookup.begin(contacts(8));
        ask(lookup);
        answer(lookup, 8, 4);
        ask(lookup);
        answer(lookup, 4, 2);
        assertThat(lookup.candidate(Tiny.peer(8)).map(Lookup.Candidate::hops)).contains(1);
        assertThat(lookup.candidate(Tiny.peer(4)).map(Lookup.Candidate::hops)).contains(2);
        assertThat(lookup.candidate(Tiny.peer(2)).map(Lookup.Candidate::hops)).contains(3);
    }

    @Test
    void never_asks_itself_or_anybody_twice() {
        Lookup lookup = lookup(0, 4, 4, 4);
        lookup.begin(contacts(1, SELF));
        assertThat(ask(lookup)).containsExactly(1);
        answer(lookup, 1, 1, SELF);
        answer(lookup, 1, 2);
        assertThat(ask(lookup)).isEmpty();
        assertThat(lookup.isDone()).isTrue();
    }

    @Test
    void somebody_who_invents_ever_closer_peers_costs_a_bounded_number_of_requests() {
        SplittableRandom random = new SplittableRandom(7);
        Key target = Key.of(Tiny.peer(0));
        Lookup lookup = new Lookup(target, Tiny.peer(1), 20, 10, 20);
        lookup.begin(List.of(invented(random)));
        int asked = 0;
        for (Optional<Lookup.Candidate> next = lookup.next(); next.isPresent(); next = lookup.next()) {
            asked++;
            List<Contact> lies = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                lies.add(invented(random));
            }
            if (asked % 3 == 0) {
                lookup.failed(next.get().contact().peer(), "nobody there");
            } else {
                lookup.answered(next.get().contact().peer(), lies, "answered");
            }
            assertThat(lookup.heard()).isLessThanOrEqualTo(Lookup.MAX_HEARD);
        }
        assertThat(asked).isLessThanOrEqualTo(Lookup.MAX_ASKED);
        assertThat(lookup.isDone()).isTrue();
    }

    private static Contact invented(SplittableRandom random) {
        return Contact.of(Tiny.info(random.nextInt()));
    }
}
