package network.guts.dht.core;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import network.guts.core.Bytes;
import network.guts.core.PeerId;

/**
 * Kademlia's table: a {@link KBucket} for each length of common prefix with this node's key. Only peers that were proved
 * alive are put here, and only dead ones leave, so that nobody can push out those who serve well.
 *
 * <p>Peers of one IP group are limited in each bucket and in all, which makes it dear to surround a node.
 */
public final class RoutingTable {
    /**
     * How many peers of one IP group (see {@link AddressScope#groups}) are let in.
     *
     * @param perBucket 2 in the public network's servers
     * @param perTable 3 in the public network's servers
     */
    public record GroupLimits(int perBucket, int perTable) {
        public static final GroupLimits DEFAULT = new GroupLimits(2, 3);
    }

    private final Key self;
    private final GroupLimits limits;
    private final List<KBucket> buckets = new ArrayList<>();
    private int size;

    /** No bucket from here on was ever used: a network of millions uses some twenty of 256. */
    private int used;

    public RoutingTable(Key self, int k, GroupLimits limits) {
        this.self = self;
        this.limits = limits;
        for (int i = 0; i < self.length(); i++) {
            buckets.add(new KBucket(k));
        }
    }

    public int size() {
        return size;
    }

    /** Whether an entry for {@code contact} could enter now. This node itself never does. */
    public boolean hasRoom(Contact contact) {
        if (contact.key().equals(self) || find(contact).isPresent()) {
            return false;
        }
        KBucket bucket = bucket(contact.key());
        return !bucket.isFull() && groupsHaveRoom(contact, bucket);
    }

    /**
     * Notes that {@code contact} is alive: renews its entry, or adds one where there is room.
     *
     * @return whether it is in the table now
     */
    public boolean proved(Contact contact, Instant now) {
        if (contact.key().equals(self)) {
            return false;
        }
        KBucket bucket = bucket(contact.key());
        Optional<KBucket.Entry> known = bucket.entry(contact.peer());
        if (known.isPresent()) {
            bucket.put(known.get().provedAt(now));
            return true;
        }
        if (!hasRoom(contact)) {
            bucket.await(contact);
            return false;
        }
        bucket.put(new KBucket.Entry(contact, now, now));
        size++;
        used = Math.max(used, self.commonPrefix(contact.key()) + 1);
        return true;
    }

    /** Takes over what an entry says itself of where it is. */
    void moved(Contact contact) {
        find(contact).ifPresent(entry -> bucket(contact.key()).put(entry.at(contact)));
    }

    /** Remembers {@code contact} for when an entry of its bucket dies. */
    void await(Contact contact) {
        if (!contact.key().equals(self) && find(contact).isEmpty()) {
            bucket(contact.key()).await(contact);
        }
    }

    /**
     * Takes a dead entry out.
     *
     * @return who waited for a place in that bucket and may be tried now
     */
    List<Contact> remove(Contact contact) {
        if (contact.key().equals(self)) {
            return List.of();
        }
        KBucket bucket = bucket(contact.key());
        if (!bucket.remove(contact.peer())) {
            return List.of();
        }
        size--;
        return bucket.takeReplacements();
    }

    Optional<KBucket.Entry> find(Contact contact) {
        return contact.key().equals(self)
                ? Optional.empty()
                : bucket(contact.key()).entry(contact.peer());
    }

    Optional<KBucket.Entry> find(PeerId peer) {
        Key key = Key.of(peer);
        return key.equals(self) ? Optional.empty() : bucket(key).entry(peer);
    }

    /** The {@code count} entries closest to {@code target}, the closest first. */
    public List<Contact> closest(Key target, int count) {
        List<Contact> closest = new ArrayList<>();
        int own = Math.min(self.commonPrefix(target), buckets.size() - 1);
        // Bucket "own" shares one more bit with the target than this node does; the deeper ones share as many as this
        // node; each shallower one shares less. So they can be taken group by group.
        addSorted(closest, target, count, own, own + 1);
        addSorted(closest, target, count, own + 1, used);
        for (int bucket = own - 1; bucket >= 0 && closest.size() < count; bucket--) {
            addSorted(closest, target, count, bucket, bucket + 1);
        }
        return closest;
    }

    private void addSorted(List<Contact> closest, Key target, int count, int from, int to) {
        if (closest.size() >= count) {
            return;
        }
        List<Contact> group = new ArrayList<>();
        for (int bucket = from; bucket < to; bucket++) {
            for (KBucket.Entry entry : buckets.get(bucket).entries()) {
                group.add(entry.contact());
            }
        }
        group.sort((a, b) -> target.compareDistances(a.key(), b.key()));
        closest.addAll(group.subList(0, Math.min(group.size(), count - closest.size())));
    }

    /** The deepest bucket with an entry, or -1. */
    int deepest() {
        for (int bucket = used - 1; bucket >= 0; bucket--) {
            if (!buckets.get(bucket).entries().isEmpty()) {
                return bucket;
            }
        }
        return -1;
    }

    /** Every entry, by bucket. */
    public List<TableRow> rows() {
        List<TableRow> rows = new ArrayList<>();
        for (int bucket = 0; bucket < used; bucket++) {
            for (KBucket.Entry entry : buckets.get(bucket).entries()) {
                rows.add(new TableRow(bucket, entry.contact(), entry.added(), entry.proved()));
            }
        }
        return rows;
    }

    /**
     * An entry as others see it.
     *
     * @param bucket the length of the common prefix
     */
    public record TableRow(int bucket, Contact contact, Instant added, Instant proved) {}

    private KBucket bucket(Key key) {
        return buckets.get(self.commonPrefix(key));
    }

    private boolean groupsHaveRoom(Contact contact, KBucket bucket) {
        for (Bytes group : AddressScope.groups(contact.addresses())) {
            if (inGroup(bucket, group) >= limits.perBucket() || inGroup(group) >= limits.perTable()) {
                return false;
            }
        }
        return true;
    }

    private long inGroup(Bytes group) {
        return buckets.stream().mapToLong(bucket -> inGroup(bucket, group)).sum();
    }

    private static long inGroup(KBucket bucket, Bytes group) {
        return bucket.entries().stream()
                .filter(entry -> {
                    Set<Bytes> groups = AddressScope.groups(entry.contact().addresses());
                    return groups.contains(group);
                })
                .count();
    }
}
