package network.guts.sync.pack;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import network.guts.core.Bytes;
import network.guts.sync.model.ObjectId;

/** A pack with its index on disk, as git has them; self-contained. A source of its objects until it is closed. */
public final class InstalledPack implements ObjectSource, AutoCloseable {
    private static final int IDS_AT = PackIndexWriter.HEADER_BYTES + PackIndexWriter.FANOUT * Integer.BYTES;

    private final MappedPack pack;
    private final MappedPack index;
    private final int count;
    private final PackObjects objects;

    private InstalledPack(MappedPack pack, MappedPack index) throws IOException {
        this.pack = pack;
        this.index = index;
        if (index.size() < IDS_AT + 2 * PackFormat.TRAILER_BYTES
                || index.intAt(0) != PackIndexWriter.SIGNATURE
                || index.intAt(4) != PackIndexWriter.VERSION) {
            throw new IOException(index.path() + " is no pack index of version 2");
        }
        this.count = index.intAt(IDS_AT - Integer.BYTES);
        long least = IDS_AT + (long) count * (ObjectId.BYTES + 2 * Integer.BYTES) + 2 * PackFormat.TRAILER_BYTES;
        if (count < 0 || index.size() < least || pack.size() < PackFormat.HEADER_BYTES + PackFormat.TRAILER_BYTES) {
            throw new IOException(index.path() + " is cut off");
        }
        this.objects = new PackObjects(pack, pack.size() - PackFormat.TRAILER_BYTES, this::offset, EMPTY);
    }

    /**
     * @throws IOException if the index is none, or a file is not there
     */
    public static InstalledPack open(Path pack, Path index) throws IOException {
        MappedPack mapped = MappedPack.open(pack);
        try {
            MappedPack mappedIndex = MappedPack.open(index);
            try {
                return new InstalledPack(mapped, mappedIndex);
            } catch (IOException | RuntimeException e) {
                mappedIndex.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            mapped.close();
            throw e;
        }
    }

    public int objects() {
        return count;
    }

    MappedPack mapped() {
        return pack;
    }

    /**
     * Bytes of the file, from the mapping that is there anyway.
     *
     * @throws EOFException if the file has fewer
     */
    public void read(long position, byte[] target, int length) throws IOException {
        if (position + length > pack.size()) {
            throw new EOFException(pack.path() + " is shorter than its pack");
        }
        pack.copy(position, target, 0, length);
    }

    /** The object at a position in order of ids. */
    ObjectId id(int position) {
        return new ObjectId(Bytes.of(index.id(IDS_AT + (long) position * ObjectId.BYTES)));
    }

    /** Its offset. */
    long offset(int position) {
        long at = IDS_AT + (long) count * (ObjectId.BYTES + Integer.BYTES) + (long) position * Integer.BYTES;
        int offset = index.intAt(at);
        if (offset >= 0) {
            return offset;
        }
        long longs = IDS_AT + (long) count * (ObjectId.BYTES + 2 * Integer.BYTES);
        return index.longAt(longs + (offset & 0x7fffffffL) * Long.BYTES);
    }

    /** Whether the entries at two offsets are of one type and content. */
    boolean sameAt(long offset, InstalledPack other, long otherOffset) throws IOException {
        GitObject own = objects.read(offset);
        GitObject theirs = other.objects.read(otherOffset);
        return own.type() == theirs.type() && Arrays.equals(own.data(), theirs.data());
    }

    private long offset(byte[] id) {
        int first = id[0] & 0xff;
        int low = first == 0 ? 0 : index.intAt(PackIndexWriter.HEADER_BYTES + (first - 1L) * Integer.BYTES);
        int high = index.intAt(PackIndexWriter.HEADER_BYTES + (long) first * Integer.BYTES);
        byte[] candidate = new byte[ObjectId.BYTES];
        while (low < high) {
            int middle = (low + high) >>> 1;
            index.copy(IDS_AT + (long) middle * ObjectId.BYTES, candidate, 0, ObjectId.BYTES);
            int comparison = Arrays.compareUnsigned(candidate, id);
            if (comparison == 0) {
                return offset(middle);
            }
            if (comparison < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return -1;
    }

    @Override
    public Optional<ObjectType> type(ObjectId id) throws IOException {
        return objects.type(id);
    }

    @Override
    public Optional<GitObject> read(ObjectId id) throws IOException {
        return objects.read(id);
    }

    @Override
    public void close() {
        objects.close();
        pack.close();
        index.close();
    }
}
