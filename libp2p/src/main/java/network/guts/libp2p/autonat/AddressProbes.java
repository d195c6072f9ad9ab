package network.guts.libp2p.autonat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.host.Reachability;
import network.guts.libp2p.tcp.IpClass;

/**
 * Decides which address is asked about next, and whom, and what the answers mean. Pure, and for one thread at a time: the
 * time comes in, and so do the servers, in an order that somebody else has left to chance.
 */
final class AddressProbes {
    /** More addresses than any host has; those behind them are not asked about. As go-libp2p. */
    static final int MAX_ADDRESSES = 50;

    /** In one request: the server dials the first that it is willing to dial. As go-libp2p. */
    static final int MAX_PER_REQUEST = 10;

    /** Requests that run side by side. */
    static final int MAX_RUNNING = 3;

    /** A verdict needs so many more votes of one kind than of the other. As go-libp2p. */
    static final int ENOUGH = 2;

    /** So many more are asked for before an address is left alone. As go-libp2p. */
    static final int TARGET = 3;

    /** Of the newest votes; one that is wrong among them is outvoted. As go-libp2p. */
    static final int WINDOW = TARGET + 2;

    /** An address on which all agree is looked at again this often. As go-libp2p. */
    static final Duration REFRESH = Duration.ofHours(1);

    /** A server is asked no sooner about an address on which it has voted, as long as there is no agreement. */
    static final Duration RETRY = Duration.ofMinutes(10);

    /** Answers about one address within {@link #RETRY}: some addresses are reached by chance. As go-libp2p. */
    static final int MAX_RECENT = 10;

    /** Older votes do not count. As go-libp2p. */
    static final Duration VOTE_TTL = REFRESH.multipliedBy(WINDOW);

    /** A server is asked again after this long: it lets one peer ask 12 times a minute. */
    static final Duration PAUSE = Duration.ofSeconds(15);

    /** After a request that failed. */
    static final Duration FAILURE_PAUSE = Duration.ofMinutes(5);

    /** Peers that pause at a time; more are not asked. Each is or was connected. */
    static final int MAX_PAUSING = 1024;

    /** Whose address nobody wants to dial is not asked about for a while ({@link #RETRY}). As go-libp2p. */
    static final int MAX_REFUSALS = 5;

    /**
     * A peer that can be asked.
     *
     * @param voter all peers of one voter have one vote together: those in one public network
     * @param reach how far the address reaches at which the peer is connected
     */
    record Server(PeerId peer, String voter, IpClass reach) {}

    /** A request to be made: whom to ask about what, the most wanted address first. */
    record Probe(Server server, List<Multiaddr> addresses) {
        Probe {
            addresses = List.copyOf(addresses);
        }
    }

    /** What came of a probe. */
    sealed interface Outcome {
        /** The server dialled this one of the addresses, and reached this host or did not. */
        record Dialled(Multiaddr address, boolean reached) implements Outcome {}

        /** The server was not willing to dial any of them. */
        record Refused() implements Outcome {}

        /** Nothing is known: the server was too busy, broke the protocol, or lied. */
        record Failed() implements Outcome {}
    }

    private record Vote(String voter, boolean reached, Instant at) {}

    /** What is known of one address. */
    private static final class Known {
        private final List<Vote> votes = new ArrayList<>();
        private final Deque<Instant> recent = new ArrayDeque<>();
        private Reachability verdict = Reachability.UNKNOWN;
        private int refusals;
        private Instant refused = Instant.MIN;
        private int running;

        private int balance() {
            int balance = 0;
            for (Vote vote : votes) {
                balance += vote.reached ? 1 : -1;
            }
            return balance;
        }

        private void forget(Instant now) {
            votes.removeIf(vote -> !vote.at.plus(VOTE_TTL).isAfter(now));
            if (votes.isEmpty()) {
                verdict = Reachability.UNKNOWN;
            }
        }

        /** A verdict stands until as many say the opposite: a single answer changes nothing. */
        private void judge() {
            if (balance() >= ENOUGH) {
                verdict = Reachability.PUBLIC;
            } else if (balance() <= -ENOUGH) {
                verdict = Reachability.PRIVATE;
            }
        }

        private boolean agreed() {
            return verdict != Reachability.UNKNOWN && (verdict == Reachability.PUBLIC) == votes.getLast().reached;
        }

        private boolean unwanted(Instant now) {
            return refusals >= MAX_REFUSALS && refused.plus(RETRY).isAfter(now);
        }

        /** How many more answers are wanted. */
        private int wanted(Instant now) {
            recent.removeIf(at -> !at.plus(RETRY).isAfter(now));
            if (unwanted(now) || recent.size() >= MAX_RECENT) {
                return 0;
            }
            int missing = TARGET - Math.abs(balance());
            if (missing > 0) {
                return missing;
            }
            boolean old = !votes.getLast().at.plus(REFRESH).isAfter(now);
            return old || !agreed() ? 1 : 0;
        }

        private boolean mayVote(String voter, Instant now) {
            Duration pause = agreed() ? REFRESH : RETRY;
            return votes.stream()
                    .filter(vote -> vote.voter.equals(voter))
                    .allMatch(vote -> !vote.at.plus(pause).isAfter(now));
        }
    }

    private final Map<Multiaddr, Known> addresses = new LinkedHashMap<>();
    private final Map<PeerId, Instant> pausing = new LinkedHashMap<>();
    private final Map<PeerId, Probe> running = new LinkedHashMap<>();
    private Reachability host = Reachability.UNKNOWN;

    /**
     * The addresses that are asked about from now on; what is known of those that stay is kept.
     *
     * @param candidates the most wanted first, each beginning with an IP address
     */
    void addresses(List<Multiaddr> candidates) {
        Map<Multiaddr, Known> before = new LinkedHashMap<>(addresses);
        addresses.clear();
        for (Multiaddr candidate : candidates) {
            if (addresses.size() < MAX_ADDRESSES) {
                addresses.put(candidate, before.getOrDefault(candidate, new Known()));
            }
        }
    }

    /**
     * The next request, which runs from now on until {@link #done}; empty if there is none at the moment.
     *
     * @param servers who can be asked; among equals the first is
     */
    Optional<Probe> next(List<Server> servers, Instant now) {
        pausing.values().removeIf(until -> !until.isAfter(now));
        if (running.size() >= MAX_RUNNING || pausing.size() >= MAX_PAUSING) {
            return Optional.empty();
        }
        for (Map.Entry<Multiaddr, Known> entry : addresses.entrySet()) {
            entry.getValue().forget(now);
            if (entry.getValue().wanted(now) <= entry.getValue().running) {
                continue;
            }
            for (Server server : servers) {
                if (free(server) && mayJudge(server, entry.getKey(), now)) {
                    Probe probe = new Probe(server, with(entry.getKey(), server, now));
                    running.put(server.peer, probe);
                    entry.getValue().running++;
                    return Optional.of(probe);
                }
            }
        }
        return Optional.empty();
    }

    private boolean free(Server server) {
        return !pausing.containsKey(server.peer)
                && running.values().stream().noneMatch(probe -> probe.server.voter.equals(server.voter));
    }

    /**
     * Only a peer that is as far away as the address reaches can tell: one on the same machine reaches what nobody else
     * does, one in the same home goes around the router.
     */
    private boolean mayJudge(Server server, Multiaddr address, Instant now) {
        Known known = addresses.get(address);
        return known != null && server.reach == IpClass.of(address) && known.mayVote(server.voter, now);
    }

    private List<Multiaddr> with(Multiaddr first, Server server, Instant now) {
        List<Multiaddr> all = new ArrayList<>(List.of(first));
        addresses.forEach((address, known) -> {
            if (all.size() < MAX_PER_REQUEST
                    && !address.equals(first)
                    && known.wanted(now) > 0
                    && mayJudge(server, address, now)) {
                all.add(address);
            }
        });
        return all;
    }

    /** Takes in what came of a probe. */
    void done(Probe probe, Outcome outcome, Instant now) {
        running.remove(probe.server.peer);
        pausing.put(probe.server.peer, now.plus(outcome instanceof Outcome.Failed ? FAILURE_PAUSE : PAUSE));
        Multiaddr first = probe.addresses.getFirst();
        Known asked = addresses.get(first);
        if (asked != null) {
            asked.running = Math.max(0, asked.running - 1);
        }
        switch (outcome) {
            case Outcome.Failed() -> {}
            case Outcome.Refused() -> refused(first, now);
            case Outcome.Dialled(Multiaddr address, boolean reached) -> {
                if (!address.equals(first)) {
                    refused(first, now);
                }
                vote(address, new Vote(probe.server.voter, reached, now));
            }
        }
    }

    private void refused(Multiaddr address, Instant now) {
        Known known = addresses.get(address);
        if (known != null) {
            known.refusals = known.unwanted(now) || known.refusals < MAX_REFUSALS ? known.refusals + 1 : 1;
            known.refused = now;
        }
    }

    private void vote(Multiaddr address, Vote vote) {
        Known known = addresses.get(address);
        if (known != null) {
            known.refusals = 0;
            known.votes.removeIf(before -> before.voter.equals(vote.voter));
            known.votes.add(vote);
            known.recent.add(vote.at);
            if (known.votes.size() > WINDOW) {
                known.votes.removeFirst();
            }
            known.judge();
        }
    }

    /** Of each address, in their order. */
    Map<Multiaddr, Reachability> verdicts(Instant now) {
        Map<Multiaddr, Reachability> verdicts = new LinkedHashMap<>();
        addresses.forEach((address, known) -> {
            known.forget(now);
            verdicts.put(address, known.verdict);
        });
        return verdicts;
    }

    /**
     * Of the host: whether it can be reached from as far away as its addresses reach. It is unreachable once all of these
     * addresses are that anybody was willing to dial, and stays so until one is reached.
     */
    Reachability host(Instant now) {
        Optional<IpClass> widest = addresses.keySet().stream().map(IpClass::of).max(IpClass::compareTo);
        boolean reached = false;
        boolean unreached = false;
        boolean open = false;
        for (Map.Entry<Multiaddr, Reachability> entry : verdicts(now).entrySet()) {
            if (Optional.of(IpClass.of(entry.getKey())).equals(widest)) {
                Known known = addresses.get(entry.getKey());
                reached |= entry.getValue() == Reachability.PUBLIC;
                unreached |= entry.getValue() == Reachability.PRIVATE;
                open |= entry.getValue() == Reachability.UNKNOWN && known != null && !known.unwanted(now);
            }
        }
        if (reached) {
            host = Reachability.PUBLIC;
        } else if (!unreached || open && host != Reachability.PRIVATE) {
            host = Reachability.UNKNOWN;
        } else {
            host = Reachability.PRIVATE;
        }
        return host;
    }
}
