package network.guts.sync.pack;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import network.guts.core.Bytes;
import network.guts.sync.model.PackId;

/**
 * The exact bytes that a descriptor describes, from a pack on disk that may have been completed for git: the original
 * header and trailer, and the entries where they are. Thread-safe.
 */
public final class ServedPack {
    /** Reads the file, which whoever holds the pack has open. */
    @FunctionalInterface
    public interface Reader {
        /**
         * @throws IOException if the pack was removed meanwhile, or is shorter than it should be
         */
        void read(long position, byte[] target, int length) throws IOException;
    }

    private final PackId id;
    private final Path file;
    private final Reader reader;
    private final long size;
    private final long objects;
    private final int chunkSize;
    private final Bytes trailer;

    /**
     * @param file the pack as it is on disk
     * @param reader of that file
     * @param size of the pack as it was published
     * @param objects in its original header
     * @param trailer the original one
     */
    public ServedPack(PackId id, Path file, Reader reader, long size, long objects, int chunkSize, Bytes trailer) {
        if (trailer.size() != PackFormat.TRAILER_BYTES || size < PackFormat.HEADER_BYTES + PackFormat.TRAILER_BYTES) {
            throw new IllegalArgumentException("no pack of " + size + " bytes has such a trailer");
        }
        this.id = id;
        this.file = file;
        this.reader = reader;
        this.size = size;
        this.objects = objects;
        this.chunkSize = chunkSize;
        this.trailer = trailer;
    }

    public PackId id() {
        return id;
    }

    /** The git pack on disk. */
    public Path file() {
        return file;
    }

    /** Bytes of the pack as it was published. */
    public long size() {
        return size;
    }

    /** Objects of the pack as it was published. */
    public long objects() {
        return objects;
    }

    /** Where the trailer begins; the entries of the published pack lie before. */
    long end() {
        return size - PackFormat.TRAILER_BYTES;
    }

    /** Bytes of a chunk, as the descriptor says. */
    public int chunkSize() {
        return chunkSize;
    }

    /** The original trailer. */
    public Bytes trailer() {
        return trailer;
    }

    /**
     * The bytes of chunk {@code index}.
     *
     * @throws IOException if the pack was removed meanwhile, or the disk fails
     */
    public byte[] readChunk(int index) throws IOException {
        long start = (long) index * chunkSize;
        if (index < 0 || start >= size) {
            throw new IllegalArgumentException("the pack has no chunk " + index);
        }
        byte[] bytes = new byte[(int) Math.min(chunkSize, size - start)];
        read(start, bytes);
        return bytes;
    }

    private void read(long start, byte[] target) throws IOException {
        // What lies past the entries belongs to the completed pack.
        int fromFile = (int) Math.max(0, Math.min(target.length, end() - start));
        reader.read(start, target, fromFile);
        byte[] header = new byte[PackFormat.HEADER_BYTES];
        ByteBuffer.wrap(header)
                .putInt(PackFormat.SIGNATURE)
                .putInt(PackFormat.VERSION)
                .putInt((int) objects);
        patch(target, start, header, 0);
        patch(target, start, trailer.toArray(), end());
    }

    private static void patch(byte[] target, long start, byte[] piece, long at) {
        for (int i = 0; i < piece.length; i++) {
            long position = at + i - start;
            if (position >= 0 && position < target.length) {
                target[(int) position] = piece[i];
            }
        }
    }
}
