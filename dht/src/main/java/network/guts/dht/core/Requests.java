package network.guts.dht.core;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The requests that wait for an answer, each with its purpose and its time. */
final class Requests {
    /** Why something was asked. */
    sealed interface Purpose {
        /** To prove that a peer lives. */
        record Probe() implements Purpose {}

        /** As a step of a look-up. */
        record Step(Query query, int hops) implements Purpose {}

        /** To leave a provider record. */
        record StoreAt(Query query, int hops) implements Purpose {}
    }

    /** A request under way. */
    record Waiting(long ask, Contact to, Purpose purpose, Instant deadline) {
        boolean isOf(Query query) {
            return switch (purpose) {
                case Purpose.Probe() -> false;
                case Purpose.Step(Query owner, int hops) -> owner == query;
                case Purpose.StoreAt(Query owner, int hops) -> owner == query;
            };
        }
    }

    /** In the order of asking, which is the order of the deadlines, for all wait equally long. */
    private final Map<Long, Waiting> waiting = new LinkedHashMap<>();

    private long last;

    DhtEffect.Ask ask(Contact to, Request request, Purpose purpose, Instant now) {
        long ask = ++last;
        waiting.put(ask, new Waiting(ask, to, purpose, now.plus(Parameters.REQUEST_TIMEOUT)));
        return new DhtEffect.Ask(ask, to.info(), request);
    }

    /** Takes a request out because it has ended; empty if it was given up before. */
    Optional<Waiting> end(long ask) {
        return Optional.ofNullable(waiting.remove(ask));
    }

    /** Takes out a request whose time is over, if there is one. */
    Optional<Waiting> overdue(Instant now) {
        return waiting.values().stream()
                .findFirst()
                .filter(first -> !first.deadline().isAfter(now))
                .flatMap(first -> end(first.ask()));
    }

    /** Takes out all requests of {@code query}. */
    List<Waiting> giveUp(Query query) {
        List<Waiting> given = new ArrayList<>();
        for (Waiting request : waiting.values()) {
            if (request.isOf(query)) {
                given.add(request);
            }
        }
        given.forEach(request -> waiting.remove(request.ask()));
        return given;
    }

    Instant nextDeadline() {
        return waiting.isEmpty()
                ? Instant.MAX
                : waiting.values().iterator().next().deadline();
    }

    int size() {
        return waiting.size();
    }
}
