package network.guts.dht.core;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import network.guts.core.PeerId;

/**
 * An iterative look-up: asks the closest peers it has heard of, a few at once, and hears of closer ones. It is done when
 * the {@code width} closest that have not failed have all answered.
 *
 * <p>Answers may be lies. Candidates are bounded, and so is the number of peers asked, so that somebody who invents
 * ever closer peers costs a bounded number of requests.
 */
public final class Lookup {
    /** Twice what an honest look-up in a network of millions asks, with a third of the peers dead. */
    static final int MAX_ASKED = 200;

    /** Candidates that were not asked yet; the farthest are forgotten. Five times k is never needed. */
    static final int MAX_HEARD = 100;

    private enum State {
        HEARD,
        ASKED,
        ANSWERED,
        FAILED
    }

    /** Somebody the look-up has heard of. */
    static final class Candidate {
        private final Contact contact;
        private final int hops;
        private State state = State.HEARD;

        private Candidate(Contact contact, int hops) {
            this.contact = contact;
            this.hops = hops;
        }

        Contact contact() {
            return contact;
        }

        /** 1 for a peer of the own table, one more than who named it otherwise. */
        int hops() {
            return hops;
        }
    }

    private final PeerId self;
    private final int k;
    private final int alpha;
    private final int width;
    private final TreeSet<Candidate> byDistance;
    private final Map<PeerId, Candidate> candidates = new LinkedHashMap<>();
    private final Map<PeerId, String> outcomes = new LinkedHashMap<>();
    private int heard;
    private int underWay;

    /**
     * @param self who is never asked
     * @param width how many of the closest must have answered: k for an exact result, β for a rough one
     */
    public Lookup(Key target, PeerId self, int k, int alpha, int width) {
        this.self = self;
        this.k = k;
        this.alpha = alpha;
        this.width = width;
        this.byDistance = new TreeSet<>((a, b) -> {
            int order = target.compareDistances(a.contact.key(), b.contact.key());
            return order != 0 ? order : a.contact.peer().compareTo(b.contact.peer());
        });
    }

    /** Adds peers of the own table. */
    public void begin(Collection<Contact> contacts) {
        contacts.forEach(contact -> add(contact, 1));
        trim();
    }

    private void add(Contact contact, int hops) {
        if (contact.peer().equals(self) || candidates.containsKey(contact.peer())) {
            return;
        }
        Candidate candidate = new Candidate(contact, hops);
        candidates.put(contact.peer(), candidate);
        byDistance.add(candidate);
        heard++;
    }

    private void trim() {
        List<Candidate> far = new ArrayList<>();
        for (Candidate candidate : byDistance.descendingSet()) {
            if (heard - far.size() <= MAX_HEARD) {
                break;
            }
            if (candidate.state == State.HEARD) {
                far.add(candidate);
            }
        }
        for (Candidate candidate : far) {
            candidates.remove(candidate.contact.peer());
            byDistance.remove(candidate);
            heard--;
        }
    }

    /** Whom to ask now, if anybody; it counts as asked. */
    Optional<Candidate> next() {
        if (underWay >= alpha || outcomes.size() >= MAX_ASKED || isDone()) {
            return Optional.empty();
        }
        int seen = 0;
        for (Candidate candidate : byDistance) {
            if (candidate.state == State.HEARD) {
                candidate.state = State.ASKED;
                heard--;
                underWay++;
                outcomes.put(candidate.contact.peer(), "asked, no answer yet");
                return Optional.of(candidate);
            }
            if (candidate.state != State.FAILED && ++seen >= k) {
                break;
            }
        }
        return Optional.empty();
    }

    /** Takes an answer. Closer peers beyond {@link Parameters#MAX_CLOSER_PEERS} are ignored. */
    void answered(PeerId peer, List<Contact> closer, String outcome) {
        Candidate candidate = candidates.get(peer);
        if (candidate == null || candidate.state != State.ASKED) {
            return;
        }
        candidate.state = State.ANSWERED;
        underWay--;
        outcomes.put(peer, outcome);
        closer.stream().limit(Parameters.MAX_CLOSER_PEERS).forEach(contact -> add(contact, candidate.hops + 1));
        trim();
    }

    void failed(PeerId peer, String reason) {
        Candidate candidate = candidates.get(peer);
        if (candidate != null && candidate.state == State.ASKED) {
            candidate.state = State.FAILED;
            underWay--;
            outcomes.put(peer, "failed: " + reason);
        }
    }

    /** Whether the closest have answered, or there is nobody left who could be asked. */
    public boolean isDone() {
        if (underWay == 0 && outcomes.size() >= MAX_ASKED) {
            return true;
        }
        int answered = 0;
        for (Candidate candidate : byDistance) {
            if (candidate.state == State.HEARD || candidate.state == State.ASKED) {
                return false;
            }
            if (candidate.state == State.ANSWERED && ++answered >= width) {
                return true;
            }
        }
        return true;
    }

    /** The k closest that answered, the closest first. */
    public List<Contact> closest() {
        return byDistance.stream()
                .filter(candidate -> candidate.state == State.ANSWERED)
                .limit(k)
                .map(candidate -> candidate.contact)
                .toList();
    }

    Optional<Candidate> candidate(PeerId peer) {
        return Optional.ofNullable(candidates.get(peer));
    }

    /** What each said who was asked, in the order of asking. */
    public Map<PeerId, String> outcomes() {
        return outcomes;
    }

    int underWay() {
        return underWay;
    }

    /** Those not asked yet: bounded whatever the answers say. */
    int heard() {
        return heard;
    }
}
