package network.guts.sync.pack;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import network.guts.core.Bytes;
import network.guts.sync.model.ObjectId;

/**
 * Makes a thin pack one that git reads: the bases appended as whole objects, count and trailer rewritten. The entries
 * stay where they are, so that the thin bytes can be served from the completed file.
 */
public final class PackCompletion {
    private static final int COUNT_AT = 8;

    private PackCompletion() {}

    /**
     * Writes the completed pack and its index, both synced. Neither is to be seen by git yet.
     *
     * @param thin stays as it is
     * @param target a file to write to; replaced
     * @param index likewise
     * @return the trailer, which names the pack
     */
    public static Bytes complete(ParsedPack thin, Path target, Path index) throws IOException {
        EntryTable appended = new EntryTable(thin.bases().size());
        try (FileChannel channel = FileChannel.open(
                target,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
            long at = copyEntries(thin, channel);
            for (ObjectId base : thin.bases()) {
                at = append(thin, base, channel, at, appended);
            }
            ByteBuffer count = ByteBuffer.allocate(Integer.BYTES)
                    .putInt(thin.objects() + appended.count())
                    .flip();
            write(channel, count, COUNT_AT);
            byte[] trailer = hash(channel, at);
            write(channel, ByteBuffer.wrap(trailer), at);
            channel.force(true);
            writeIndex(thin, appended, index, trailer);
            return Bytes.of(trailer);
        }
    }

    private static long copyEntries(ParsedPack thin, FileChannel target) throws IOException {
        long end = thin.size() - PackFormat.TRAILER_BYTES;
        try (FileChannel source = FileChannel.open(thin.file(), StandardOpenOption.READ)) {
            long at = 0;
            while (at < end) {
                at += source.transferTo(at, end - at, target.position(at));
            }
        }
        return end;
    }

    private static long append(ParsedPack thin, ObjectId base, FileChannel target, long at, EntryTable appended)
            throws IOException {
        GitObject object = thin.base(base);
        byte[] entry = entry(object);
        CRC32 crc = new CRC32();
        crc.update(entry);
        int index = appended.add(at, object.type().code(), object.data().length, EntryTable.ROOT);
        appended.crc(index, (int) crc.getValue());
        System.arraycopy(base.bytes().toArray(), 0, appended.ids(), index * ObjectId.BYTES, ObjectId.BYTES);
        write(target, ByteBuffer.wrap(entry), at);
        return at + entry.length;
    }

    /** A whole object as a pack entry. */
    static byte[] entry(GitObject object) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int rest = object.data().length >>> 4;
        int first = object.type().code() << 4 | (object.data().length & 15);
        while (rest != 0) {
            out.write(first | 0x80);
            first = rest & 0x7f;
            rest >>>= 7;
        }
        out.write(first);
        Deflater deflater = new Deflater();
        try {
            deflater.setInput(object.data());
            deflater.finish();
            byte[] piece = new byte[1 << 14];
            while (!deflater.finished()) {
                out.write(piece, 0, deflater.deflate(piece));
            }
        } finally {
            deflater.end();
        }
        return out.toByteArray();
    }

    private static byte[] hash(FileChannel channel, long end) throws IOException {
        MessageDigest sha1 = PackFormat.sha1();
        ByteBuffer buffer = ByteBuffer.allocate(1 << 18);
        long at = 0;
        while (at < end) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), end - at));
            int count = channel.read(buffer, at);
            if (count < 0) {
                throw new IOException("the pack became shorter while it was completed");
            }
            sha1.update(buffer.array(), 0, count);
            at += count;
        }
        return sha1.digest();
    }

    private static void write(FileChannel channel, ByteBuffer bytes, long position) throws IOException {
        long at = position;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
    }

    private static void writeIndex(ParsedPack thin, EntryTable appended, Path index, byte[] trailer)
            throws IOException {
        EntryTable all = EntryTable.join(List.of(thin.entries(), appended));
        int[] order = IdTable.sort(all.ids(), all.count());
        byte[] sorted = new byte[all.count() * ObjectId.BYTES];
        for (int i = 0; i < all.count(); i++) {
            System.arraycopy(all.ids(), order[i] * ObjectId.BYTES, sorted, i * ObjectId.BYTES, ObjectId.BYTES);
        }
        PackIndexWriter.write(index, sorted, all.count(), i -> all.offset(order[i]), i -> all.crc(order[i]), trailer);
    }
}
