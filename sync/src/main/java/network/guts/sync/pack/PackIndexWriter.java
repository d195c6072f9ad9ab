package network.guts.sync.pack;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.function.IntToLongFunction;
import java.util.function.IntUnaryOperator;
import network.guts.sync.model.ObjectId;

/** Git's pack index, version 2 (gitformat-pack). */
final class PackIndexWriter implements AutoCloseable {
    static final int SIGNATURE = 0xff744f63;
    static final int VERSION = 2;
    static final int FANOUT = 256;
    static final int HEADER_BYTES = 8;
    private static final long MAX_SHORT_OFFSET = 0x7fffffffL;

    private final FileChannel file;
    private final MessageDigest sha1 = PackFormat.sha1();
    private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16);

    private PackIndexWriter(FileChannel file) {
        this.file = file;
    }

    /**
     * Writes and syncs an index.
     *
     * @param ids sorted, 20 bytes each
     * @param offsets by position in {@code ids}
     * @param crcs by position in {@code ids}
     * @param packTrailer the pack's last 20 bytes
     */
    static void write(
            Path path, byte[] ids, int count, IntToLongFunction offsets, IntUnaryOperator crcs, byte[] packTrailer)
            throws IOException {
        try (FileChannel channel = FileChannel.open(
                        path,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE);
                PackIndexWriter writer = new PackIndexWriter(channel)) {
            writer.run(ids, count, offsets, crcs, packTrailer);
            channel.force(true);
        }
    }

    private void run(byte[] ids, int count, IntToLongFunction offsets, IntUnaryOperator crcs, byte[] packTrailer)
            throws IOException {
        putInt(SIGNATURE);
        putInt(VERSION);
        int below = 0;
        for (int first = 0; first < FANOUT; first++) {
            while (below < count && (ids[below * ObjectId.BYTES] & 0xff) <= first) {
                below++;
            }
            putInt(below);
        }
        for (int i = 0; i < count; i++) {
            room(ObjectId.BYTES).put(ids, i * ObjectId.BYTES, ObjectId.BYTES);
        }
        for (int i = 0; i < count; i++) {
            putInt(crcs.applyAsInt(i));
        }
        int longs = 0;
        for (int i = 0; i < count; i++) {
            long offset = offsets.applyAsLong(i);
            putInt(offset <= MAX_SHORT_OFFSET ? (int) offset : 0x80000000 | longs++);
        }
        for (int i = 0; longs > 0 && i < count; i++) {
            long offset = offsets.applyAsLong(i);
            if (offset > MAX_SHORT_OFFSET) {
                room(Long.BYTES).putLong(offset);
            }
        }
        room(packTrailer.length).put(packTrailer);
        flush();
        buffer.put(sha1.digest());
        flush();
    }

    private void putInt(int value) throws IOException {
        room(Integer.BYTES).putInt(value);
    }

    private ByteBuffer room(int bytes) throws IOException {
        if (buffer.remaining() < bytes) {
            flush();
        }
        return buffer;
    }

    private void flush() throws IOException {
        buffer.flip();
        sha1.update(buffer.array(), 0, buffer.limit());
        while (buffer.hasRemaining()) {
            file.write(buffer);
        }
        buffer.clear();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
