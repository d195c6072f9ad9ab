package network.guts.sync.pack;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import network.guts.sync.model.ObjectId;
import network.guts.sync.pack.PackException.Kind;

/** One consolidation: all entries of all inputs in arrays, in list order. */
final class Merge {
    private static final int NONE = -1;

    private final List<InstalledPack> packs;
    private final long[] ends;

    /** Where each input's entries begin in the arrays; one more than there are inputs. */
    private final int[] firsts;

    private final long[] offsets;
    private final byte[] ids;
    private final int[] order;

    /** The entry that is kept for each: itself, or the first copy of its object. */
    private final int[] kept;

    private final EntryHeader header = new EntryHeader();
    private int count;

    Merge(List<ServedPack> inputs, List<InstalledPack> packs) throws IOException {
        this.packs = packs;
        ends = inputs.stream().mapToLong(ServedPack::end).toArray();
        firsts = new int[packs.size() + 1];
        long total = inputs.stream().mapToLong(ServedPack::objects).sum();
        if (total > PackFormat.MAX_OBJECTS) {
            throw new PackException(Kind.TOO_LARGE, total + " objects are too many for one pack");
        }
        offsets = new long[(int) total];
        ids = new byte[(int) total * ObjectId.BYTES];
        for (int p = 0; p < packs.size(); p++) {
            read(p, (int) inputs.get(p).objects());
        }
        order = IdTable.sort(ids, (int) total);
        kept = new int[(int) total];
        count = (int) total;
        for (int i = 0; i < order.length; i++) {
            boolean copy =
                    i > 0 && IdTable.compare(ids, order[i - 1] * ObjectId.BYTES, ids, order[i] * ObjectId.BYTES) == 0;
            kept[order[i]] = copy ? kept[order[i - 1]] : order[i];
            count -= copy ? 1 : 0;
        }
    }

    /** Reads an input's index; the bases that completed it lie past its end and are not its own. */
    private void read(int p, int objects) throws IOException {
        InstalledPack pack = packs.get(p);
        int at = firsts[p];
        long[] sorted = new long[objects];
        int[] position = new int[objects];
        int own = 0;
        for (int i = 0; i < pack.objects(); i++) {
            if (pack.offset(i) < ends[p]) {
                if (own == objects) {
                    throw new IOException("the index of " + pack.mapped().path() + " does not fit its pack");
                }
                sorted[own] = pack.offset(i);
                position[own++] = i;
            }
        }
        if (own != objects) {
            throw new IOException("the index of " + pack.mapped().path() + " does not fit its pack");
        }
        long[] original = sorted.clone();
        Arrays.sort(sorted);
        for (int i = 0; i < own; i++) {
            int place = at + Arrays.binarySearch(sorted, original[i]);
            offsets[place] = original[i];
            byte[] id = pack.id(position[i]).bytes().toArray();
            System.arraycopy(id, 0, ids, place * ObjectId.BYTES, ObjectId.BYTES);
        }
        firsts[p + 1] = at + objects;
    }

    private long end(int p, int entry) {
        return entry + 1 < firsts[p + 1] ? offsets[entry + 1] : ends[p];
    }

    /** One id, one object: anything else stops and is reported. */
    void checkCopies() throws IOException {
        for (int p = 0; p < packs.size(); p++) {
            for (int i = firsts[p]; i < firsts[p + 1]; i++) {
                if (kept[i] == i) {
                    continue;
                }
                int other = packOf(kept[i]);
                if (!packs.get(p).sameAt(offsets[i], packs.get(other), offsets[kept[i]])) {
                    throw new PackException(Kind.COLLISION, "the id " + IdTable.hex(ids, i) + " has two contents");
                }
            }
        }
    }

    private int packOf(int entry) {
        int p = Arrays.binarySearch(firsts, entry);
        if (p < 0) {
            return -p - 2;
        }
        while (firsts[p + 1] == entry) {
            p++;
        }
        return p;
    }

    /** The kept entry that is the base of {@code entry}; {@link #NONE} if it is no delta, or its base is outside. */
    private int base(int p, int entry) throws IOException {
        MappedPack pack = packs.get(p).mapped();
        header.read(pack, offsets[entry], end(p, entry));
        if (header.type() == EntryHeader.OFS_DELTA) {
            int base = Arrays.binarySearch(offsets, firsts[p], firsts[p + 1], header.baseOffset());
            if (base < 0) {
                throw EntryHeader.malformed(offsets[entry], "no entry begins where its base is");
            }
            return kept[base];
        }
        if (header.type() == EntryHeader.REF_DELTA) {
            byte[] id = pack.id(header.baseIdAt());
            int low = 0;
            int high = order.length;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (IdTable.compare(ids, order[middle] * ObjectId.BYTES, id, 0) < 0) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            boolean found = low < order.length && IdTable.compare(ids, order[low] * ObjectId.BYTES, id, 0) == 0;
            return found ? kept[order[low]] : NONE;
        }
        return NONE;
    }

    /** Chains grow when copies are dropped; bases that are named by id may even make a circle. */
    void checkChains() throws IOException {
        int[] bases = new int[offsets.length];
        for (int p = 0; p < packs.size(); p++) {
            for (int i = firsts[p]; i < firsts[p + 1]; i++) {
                bases[i] = kept[i] == i ? base(p, i) : NONE;
            }
        }
        int[] depth = new int[offsets.length];
        int[] path = new int[Consolidation.MAX_CHAIN + 2];
        for (int i = 0; i < offsets.length; i++) {
            int length = 0;
            int entry = i;
            while (entry != NONE && depth[entry] == 0) {
                if (length > Consolidation.MAX_CHAIN) {
                    throw tooLong(i);
                }
                path[length++] = entry;
                entry = bases[entry];
            }
            int below = entry == NONE ? 0 : depth[entry];
            while (length > 0) {
                depth[path[--length]] = ++below;
            }
            // A whole object counts one: it is the root of its chain.
            if (depth[i] > Consolidation.MAX_CHAIN + 1) {
                throw tooLong(i);
            }
        }
    }

    private PackException tooLong(int entry) {
        return new PackException(
                Kind.CHAIN,
                "object " + IdTable.hex(ids, entry) + " would be at the end of a chain of more than "
                        + Consolidation.MAX_CHAIN + " deltas");
    }

    void write(Path target) throws IOException {
        long[] written = new long[offsets.length];
        MessageDigest sha1 = PackFormat.sha1();
        try (FileChannel channel = FileChannel.open(
                target, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            Output out = new Output(Channels.newOutputStream(channel), sha1);
            out.put(ByteBuffer.allocate(PackFormat.HEADER_BYTES)
                    .putInt(PackFormat.SIGNATURE)
                    .putInt(PackFormat.VERSION)
                    .putInt(count)
                    .array());
            for (int p = 0; p < packs.size(); p++) {
                for (int i = firsts[p]; i < firsts[p + 1]; i++) {
                    if (kept[i] == i) {
                        written[i] = out.position();
                        entry(p, i, written, out);
                    }
                }
            }
            out.flush();
            out.raw(sha1.digest());
            channel.force(true);
        }
    }

    private void entry(int p, int entry, long[] written, Output out) throws IOException {
        MappedPack pack = packs.get(p).mapped();
        int base = base(p, entry);
        long end = end(p, entry);
        if (header.type() != EntryHeader.OFS_DELTA) {
            out.copy(pack, offsets[entry], end);
            return;
        }
        long dataAt = header.dataAt();
        out.copy(pack, offsets[entry], header.sizeEnd());
        out.put(distance(written[entry] - written[base]));
        out.copy(pack, dataAt, end);
    }

    /** Git's form of the distance to a base: seven bits a byte, the highest first, each step one more. */
    static byte[] distance(long distance) {
        byte[] bytes = new byte[10];
        int at = bytes.length - 1;
        long rest = distance;
        bytes[at] = (byte) (rest & 0x7f);
        while ((rest >>>= 7) != 0) {
            bytes[--at] = (byte) (0x80 | (--rest & 0x7f));
        }
        return Arrays.copyOfRange(bytes, at, bytes.length);
    }

    /** Counts, hashes and buffers what is written. */
    private static final class Output {
        private final OutputStream stream;
        private final MessageDigest sha1;
        private final byte[] buffer = new byte[1 << 18];
        private int filled;
        private long position;

        Output(OutputStream stream, MessageDigest sha1) {
            this.stream = stream;
            this.sha1 = sha1;
        }

        long position() {
            return position;
        }

        void put(byte[] bytes) throws IOException {
            if (buffer.length - filled < bytes.length) {
                flush();
            }
            System.arraycopy(bytes, 0, buffer, filled, bytes.length);
            filled += bytes.length;
            position += bytes.length;
        }

        void copy(MappedPack pack, long from, long to) throws IOException {
            long at = from;
            while (at < to) {
                if (filled == buffer.length) {
                    flush();
                }
                int length = (int) Math.min(buffer.length - filled, to - at);
                pack.copy(at, buffer, filled, length);
                filled += length;
                at += length;
            }
            position += to - from;
        }

        void flush() throws IOException {
            sha1.update(buffer, 0, filled);
            stream.write(buffer, 0, filled);
            filled = 0;
        }

        void raw(byte[] bytes) throws IOException {
            stream.write(bytes);
        }
    }
}
