package network.guts.sync.pack;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import network.guts.core.Bytes;
import network.guts.sync.model.ObjectId;

/** Reads single objects of a pack that has been checked, by their offsets. Thread-safe. */
final class PackObjects implements AutoCloseable {
    private static final int POOLED = 4;

    private final MappedPack pack;
    private final long end;
    private final Lookup lookup;
    private final ObjectSource before;
    private final Queue<EntryInflater> inflaters = new ArrayBlockingQueue<>(POOLED);

    /** Where objects are, by id. */
    @FunctionalInterface
    interface Lookup {
        /** The offset of the object's entry; negative if it is not in the pack. */
        long offset(byte[] id);
    }

    /**
     * @param end where the trailer begins
     * @param before where bases are that are not in the pack
     */
    PackObjects(MappedPack pack, long end, Lookup lookup, ObjectSource before) {
        this.pack = pack;
        this.end = end;
        this.lookup = lookup;
        this.before = before;
    }

    Optional<ObjectType> type(ObjectId id) throws IOException {
        long offset = lookup.offset(id.bytes().toArray());
        if (offset < 0) {
            return Optional.empty();
        }
        EntryHeader header = new EntryHeader();
        header.read(pack, offset, end);
        while (header.isDelta()) {
            if (header.type() == EntryHeader.REF_DELTA) {
                byte[] base = pack.id(header.baseIdAt());
                offset = lookup.offset(base);
                if (offset < 0) {
                    return before.type(new ObjectId(Bytes.of(base)));
                }
            } else {
                offset = header.baseOffset();
            }
            header.read(pack, offset, end);
        }
        return Optional.of(ObjectType.of(header.type()));
    }

    Optional<GitObject> read(ObjectId id) throws IOException {
        long offset = lookup.offset(id.bytes().toArray());
        return offset < 0 ? Optional.empty() : Optional.of(read(offset));
    }

    GitObject read(long from) throws IOException {
        EntryInflater pooled = inflaters.poll();
        EntryInflater inflater = pooled == null ? new EntryInflater(pack) : pooled;
        try {
            EntryHeader header = new EntryHeader();
            Deque<Long> chain = new ArrayDeque<>();
            long offset = from;
            GitObject object = null;
            while (object == null) {
                header.read(pack, offset, end);
                if (header.type() == EntryHeader.OFS_DELTA) {
                    chain.push(offset);
                    offset = header.baseOffset();
                } else if (header.type() == EntryHeader.REF_DELTA) {
                    chain.push(offset);
                    byte[] base = pack.id(header.baseIdAt());
                    offset = lookup.offset(base);
                    if (offset < 0) {
                        object = outside(new ObjectId(Bytes.of(base)));
                    }
                } else {
                    object = new GitObject(ObjectType.of(header.type()), inflate(inflater, header, offset));
                }
            }
            for (long next : chain) {
                header.read(pack, next, end);
                byte[] delta = inflate(inflater, header, next);
                int size = (int) Delta.resultSize(delta, (int) header.size());
                byte[] result = new byte[size];
                byte[] base = object.data();
                Delta.apply(next, delta, (int) header.size(), base, base.length, result, size);
                object = new GitObject(object.type(), result);
            }
            return object;
        } finally {
            if (!inflaters.offer(inflater)) {
                inflater.close();
            }
        }
    }

    /** Nobody reads any more. */
    @Override
    public void close() {
        for (EntryInflater inflater = inflaters.poll(); inflater != null; inflater = inflaters.poll()) {
            inflater.close();
        }
    }

    private GitObject outside(ObjectId base) throws IOException {
        return before.read(base)
                .orElseThrow(() ->
                        new PackException(PackException.Kind.MISSING_BASE, "the base " + base + " is no longer there"));
    }

    private byte[] inflate(EntryInflater inflater, EntryHeader header, long offset) throws PackException {
        byte[] data = new byte[(int) header.size()];
        inflater.exact(offset, header.dataAt(), end, data);
        return data;
    }
}
