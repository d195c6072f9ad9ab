package network.guts.sync.pack;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import network.guts.core.Bytes;
import network.guts.sync.model.ObjectId;
import network.guts.sync.pack.PackException.Kind;

/**
 * A pack whose objects are all known and checked. It is a source of its objects until it is closed (closed, it still
 * knows their types, and reads as if it had none); closing unmaps the file and leaves it on disk.
 */
public final class ParsedPack implements ObjectSource, AutoCloseable {
    /** A reference in {@link #outside}: an id and a type. */
    static final int REFERENCE_BYTES = ObjectId.BYTES + 1;

    private final MappedPack pack;
    private final EntryTable entries;
    private final int[] order;
    private final byte[] sorted;
    private final int[] fanout = new int[257];
    private final List<ObjectId> bases;
    private final byte[] outside;
    private final boolean outsideKnown;

    /** Sorted positions of the objects that an object of this pack names. */
    private final BitSet named;

    private final long inflatedBytes;
    private final PackObjects objects;
    private final Bytes trailer;
    private final ObjectSource before;
    private volatile boolean closed;

    private ParsedPack(
            MappedPack pack,
            EntryTable entries,
            DeltaTrees trees,
            List<References> references,
            long inflatedBytes,
            ObjectSource before)
            throws PackException {
        this.pack = pack;
        this.entries = entries;
        this.inflatedBytes = inflatedBytes;
        this.before = before;
        this.trailer = Bytes.of(pack.id(pack.size() - PackFormat.TRAILER_BYTES));
        int count = entries.count();
        order = IdTable.sort(entries.ids(), count);
        sorted = new byte[count * ObjectId.BYTES];
        for (int i = 0; i < count; i++) {
            System.arraycopy(entries.ids(), order[i] * ObjectId.BYTES, sorted, i * ObjectId.BYTES, ObjectId.BYTES);
            fanout[(sorted[i * ObjectId.BYTES] & 0xff) + 1]++;
            if (i > 0 && IdTable.compare(sorted, (i - 1) * ObjectId.BYTES, sorted, i * ObjectId.BYTES) == 0) {
                throw new PackException(Kind.DUPLICATE, "object " + IdTable.hex(sorted, i) + " is twice in the pack");
            }
        }
        for (int i = 0; i < 256; i++) {
            fanout[i + 1] += fanout[i];
        }
        bases = findBases(trees);
        named = new BitSet(count);
        outsideKnown = references.stream().noneMatch(References::overflowed);
        outside = outsideKnown ? findOutside(references) : new byte[0];
        objects = new PackObjects(pack, pack.size() - PackFormat.TRAILER_BYTES, this::offset, before);
    }

    static ParsedPack of(
            MappedPack pack,
            EntryTable entries,
            DeltaTrees trees,
            List<References> references,
            long inflatedBytes,
            ObjectSource before)
            throws PackException {
        return new ParsedPack(pack, entries, trees, references, inflatedBytes, before);
    }

    private List<ObjectId> findBases(DeltaTrees trees) {
        List<ObjectId> found = new ArrayList<>();
        for (int i = 0; i < trees.referringCount(); i++) {
            boolean first = i == 0 || trees.nextReferring(i - 1) != i;
            if (first && find(trees.referredIds(), i * ObjectId.BYTES) < 0) {
                found.add(new ObjectId(Bytes.of(trees.referredIds(), i * ObjectId.BYTES, ObjectId.BYTES)));
            }
        }
        return List.copyOf(found);
    }

    private byte[] findOutside(List<References> references) {
        byte[][] found = {new byte[1 << 10]};
        int[] length = {0};
        for (References set : references) {
            set.forEach((id, type) -> {
                int position = find(id, 0);
                if (position >= 0 && entries.type(order[position]) == type) {
                    named.set(position);
                    return;
                }
                if (length[0] + REFERENCE_BYTES > found[0].length) {
                    found[0] = Arrays.copyOf(found[0], found[0].length * 2);
                }
                System.arraycopy(id, 0, found[0], length[0], ObjectId.BYTES);
                found[0][length[0] + ObjectId.BYTES] = (byte) type;
                length[0] += REFERENCE_BYTES;
            });
        }
        return Arrays.copyOf(found[0], length[0]);
    }

    private int find(byte[] id, int offset) {
        int first = id[offset] & 0xff;
        return IdTable.search(sorted, fanout[first], fanout[first + 1], id, offset);
    }

    private long offset(byte[] id) {
        int position = find(id, 0);
        return position < 0 ? -1 : entries.offset(order[position]);
    }

    /** Where {@code id} is among the sorted ids; negative if it is not here. */
    int position(ObjectId id) {
        return find(id.bytes().toArray(), 0);
    }

    EntryTable entries() {
        return entries;
    }

    MappedPack mapped() {
        return pack;
    }

    /** Entries in order of their ids. */
    int[] order() {
        return order;
    }

    byte[] sortedIds() {
        return sorted;
    }

    /**
     * What its objects name that is not in it, {@link #REFERENCE_BYTES} each.
     *
     * @see #isOutsideKnown()
     */
    byte[] outside() {
        return outside;
    }

    /** False if there was too much of it to keep. */
    boolean isOutsideKnown() {
        return outsideKnown;
    }

    /**
     * Whether {@code tips} reach every object of this pack, as far as its own objects lead. An object that neither is a
     * tip nor is named by another is reached by nothing; and since names are hashes, there are no circles, so one that
     * is named is in the end named by a tip.
     */
    public boolean isReachedBy(Collection<ObjectId> tips) {
        if (!outsideKnown) {
            return false;
        }
        BitSet reached = (BitSet) named.clone();
        for (ObjectId tip : tips) {
            int position = position(tip);
            if (position >= 0) {
                reached.set(position);
            }
        }
        return reached.cardinality() == entries.count();
    }

    public Path file() {
        return pack.path();
    }

    public int objects() {
        return entries.count();
    }

    /** Bytes of the file. */
    public long size() {
        return pack.size();
    }

    /** Objects outside the pack that its REF_DELTAs need, sorted. */
    public List<ObjectId> bases() {
        return bases;
    }

    /** Bytes of all its objects, inflated and with deltas applied. */
    public long inflatedBytes() {
        return inflatedBytes;
    }

    /** The ids of its objects, sorted. */
    public List<ObjectId> ids() {
        List<ObjectId> ids = new ArrayList<>();
        for (int i = 0; i < entries.count(); i++) {
            ids.add(new ObjectId(Bytes.of(sorted, i * ObjectId.BYTES, ObjectId.BYTES)));
        }
        return ids;
    }

    /** One of the {@link #bases()}. */
    GitObject base(ObjectId id) throws IOException {
        return before.read(id)
                .orElseThrow(() -> new PackException(Kind.MISSING_BASE, "the base " + id + " is no longer there"));
    }

    /** The pack's trailer, the SHA-1 of what is before it. */
    public Bytes trailer() {
        return trailer;
    }

    /** Writes git's index, version 2, as git index-pack would. The file is synced. */
    public void writeIndex(Path index) throws IOException {
        PackIndexWriter.write(
                index,
                sorted,
                entries.count(),
                i -> entries.offset(order[i]),
                i -> entries.crc(order[i]),
                trailer.toArray());
    }

    @Override
    public Optional<ObjectType> type(ObjectId id) {
        int position = position(id);
        return position < 0 ? Optional.empty() : Optional.of(ObjectType.of(entries.type(order[position])));
    }

    @Override
    public Optional<GitObject> read(ObjectId id) throws IOException {
        return closed ? Optional.empty() : objects.read(id);
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        objects.close();
        pack.close();
    }
}
