package network.guts.dht.core;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.core.PeerId;

/**
 * The entries of one common prefix length, at most k, the longest there first. Whoever lives stays: a newcomer gets in
 * only where there is room, and else waits as a replacement for one that dies.
 */
final class KBucket {
    /** An entry of the table. */
    record Entry(Contact contact, Instant added, Instant proved) {
        PeerId peer() {
            return contact.peer();
        }

        Entry provedAt(Instant now) {
            return new Entry(contact, added, now);
        }

        Entry at(Contact latest) {
            return new Entry(latest, added, proved);
        }
    }

    private final int capacity;
    private final Map<PeerId, Entry> entries = new LinkedHashMap<>();
    private final Map<PeerId, Contact> replacements = new LinkedHashMap<>();

    KBucket(int capacity) {
        this.capacity = capacity;
    }

    Collection<Entry> entries() {
        return entries.values();
    }

    Optional<Entry> entry(PeerId peer) {
        return Optional.ofNullable(entries.get(peer));
    }

    boolean isFull() {
        return entries.size() >= capacity;
    }

    /** Adds or renews; the caller has made sure that there is room. */
    void put(Entry entry) {
        entries.put(entry.peer(), entry);
        replacements.remove(entry.peer());
    }

    boolean remove(PeerId peer) {
        replacements.remove(peer);
        return entries.remove(peer) != null;
    }

    /** Remembers who would like to enter, the last k who said so. */
    void await(Contact contact) {
        replacements.remove(contact.peer());
        replacements.put(contact.peer(), contact);
        if (replacements.size() > capacity) {
            replacements.remove(replacements.keySet().iterator().next());
        }
    }

    /** Those who wait, the newest first; they wait no longer. */
    List<Contact> takeReplacements() {
        List<Contact> taken = List.copyOf(new ArrayList<>(replacements.values()).reversed());
        replacements.clear();
        return taken;
    }
}
