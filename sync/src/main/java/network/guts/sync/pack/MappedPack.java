package network.guts.sync.pack;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import network.guts.sync.model.ObjectId;

/** A file mapped into memory, of any size; what is written to it later is seen. Closed once nobody reads any more. */
final class MappedPack implements AutoCloseable {
    /** A view is a buffer, and a buffer's positions are ints. */
    static final long MAX_VIEW = 1L << 30;

    private final Path path;
    private final Arena arena;
    private final MemorySegment bytes;

    private MappedPack(Path path, Arena arena, MemorySegment bytes) {
        this.path = path;
        this.arena = arena;
        this.bytes = bytes;
    }

    @SuppressWarnings("MustBeClosedChecker") // Closed with the pack.
    static MappedPack open(Path path) throws IOException {
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return new MappedPack(path, arena, channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena));
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    Path path() {
        return path;
    }

    long size() {
        return bytes.byteSize();
    }

    int at(long position) {
        return bytes.get(ValueLayout.JAVA_BYTE, position) & 0xff;
    }

    int intAt(long position) {
        return bytes.get(ValueLayout.JAVA_INT_UNALIGNED.withOrder(java.nio.ByteOrder.BIG_ENDIAN), position);
    }

    long longAt(long position) {
        return bytes.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(java.nio.ByteOrder.BIG_ENDIAN), position);
    }

    void copy(long position, byte[] target, int offset, int length) {
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, position, target, offset, length);
    }

    byte[] id(long position) {
        byte[] id = new byte[ObjectId.BYTES];
        copy(position, id, 0, id.length);
        return id;
    }

    /** The bytes from {@code from} to {@code to}, or the first {@link #MAX_VIEW} of them. */
    ByteBuffer view(long from, long to) {
        return bytes.asSlice(from, Math.min(to - from, MAX_VIEW)).asByteBuffer();
    }

    @Override
    public void close() {
        arena.close();
    }
}
