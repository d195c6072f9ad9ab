package network.guts.dht.core;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;

/**
 * Decides who enters the {@link RoutingTable} and who leaves: a candidate enters once it has answered FIND_NODE; an entry
 * whose proof of life is old, or who failed somebody's look-up, is asked again, and leaves if it fails then.
 */
final class TableKeeper {
    /** Probes under way at once: they dial, so they are few. */
    static final int MAX_PROBES = 10;

    /** Candidates that wait for a probe; a crowd beyond is let go and may come again. */
    static final int MAX_WAITING = 256;

    /** How often entries are looked through for old proofs. */
    private static final Duration CHECK_INTERVAL = Duration.ofMinutes(1);

    private final RoutingTable table;
    private final PeerId self;
    private final Map<PeerId, Contact> waiting = new LinkedHashMap<>();
    private final Set<PeerId> probing = new LinkedHashSet<>();
    private Instant nextCheck = Instant.MIN;

    TableKeeper(PeerId self, RoutingTable table) {
        this.self = self;
        this.table = table;
    }

    /** Takes in a peer that serves the protocol, or that may. */
    void candidate(PeerInfo peer) {
        Contact contact = Contact.of(peer);
        if (peer.peer().equals(self) || probing.contains(peer.peer())) {
            return;
        }
        if (table.find(contact).isPresent()) {
            if (!peer.addresses().isEmpty()) {
                table.moved(contact);
            }
        } else if (!table.hasRoom(contact)) {
            table.await(contact);
        } else if (waiting.size() < MAX_WAITING) {
            waiting.put(peer.peer(), contact);
        }
    }

    /** Asks an entry that failed in a look-up, soon. */
    void suspect(Contact contact) {
        if (!probing.contains(contact.peer()) && waiting.size() < MAX_WAITING) {
            table.find(contact).ifPresent(entry -> waiting.put(entry.peer(), entry.contact()));
        }
    }

    /** A peer answered FIND_NODE or GET_PROVIDERS: it lives. */
    void proved(Contact contact, List<Multiaddr> itsAddresses, Instant now) {
        waiting.remove(contact.peer());
        probing.remove(contact.peer());
        Contact latest = itsAddresses.isEmpty()
                ? contact
                : new Contact(contact.key(), new PeerInfo(contact.peer(), itsAddresses));
        if (latest.addresses().isEmpty()) {
            return;
        }
        if (table.proved(latest, now) && !itsAddresses.isEmpty()) {
            table.moved(latest);
        }
    }

    /** A probe failed: an entry leaves, and who waited for its place is tried. */
    void probeFailed(Contact contact) {
        probing.remove(contact.peer());
        gone(contact);
    }

    /** The peer no longer serves the protocol. */
    void stopped(PeerId peer) {
        waiting.remove(peer);
        gone(Contact.of(new PeerInfo(peer, List.of())));
    }

    private void gone(Contact contact) {
        for (Contact replacement : table.remove(contact)) {
            if (waiting.size() < MAX_WAITING) {
                waiting.putIfAbsent(replacement.peer(), replacement);
            }
        }
    }

    /** Whom to probe now; each of them comes back by {@link #proved} or {@link #probeFailed}. */
    List<Contact> probes(Instant now) {
        if (!nextCheck.isAfter(now)) {
            nextCheck = now.plus(CHECK_INTERVAL);
            Instant old = now.minus(Parameters.REFRESH_INTERVAL);
            for (RoutingTable.TableRow row : table.rows()) {
                if (!row.proved().isAfter(old)) {
                    suspect(row.contact());
                }
            }
        }
        List<Contact> probes = new ArrayList<>();
        for (Contact contact : List.copyOf(waiting.values())) {
            if (probing.size() >= MAX_PROBES) {
                break;
            }
            waiting.remove(contact.peer());
            if (table.find(contact).isPresent() || table.hasRoom(contact)) {
                probing.add(contact.peer());
                probes.add(contact);
            } else {
                table.await(contact);
            }
        }
        return probes;
    }

    Instant nextDeadline() {
        return nextCheck;
    }

    boolean isProbing() {
        return !probing.isEmpty();
    }

    /** Candidates that wait: bounded whatever comes. */
    int waiting() {
        return waiting.size();
    }
}
