package network.guts.sync.pack;

import java.security.DigestException;
import java.security.MessageDigest;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import network.guts.sync.model.ObjectId;
import org.jspecify.annotations.Nullable;

/** What one thread needs to inflate and hash entries. Not thread-safe. */
final class EntryInflater implements AutoCloseable {
    private static final int PIECE = 1 << 17;
    private static final byte[][] WORDS = {
        {}, ObjectType.COMMIT.word(), ObjectType.TREE.word(), ObjectType.BLOB.word(), ObjectType.TAG.word()
    };

    private final MappedPack pack;
    private final Inflater inflater = new Inflater();
    private final MessageDigest sha1 = PackFormat.sha1();
    private final byte[] piece = new byte[PIECE];
    private final byte[] number = new byte[20];
    private long end;

    EntryInflater(MappedPack pack) {
        this.pack = pack;
    }

    /** Receives inflated bytes piece by piece. */
    @FunctionalInterface
    interface Sink {
        void accept(byte[] bytes, int length);
    }

    /** Where the zlib stream that was last inflated ended. */
    long end() {
        return end;
    }

    /**
     * Inflates {@code size} bytes into {@code target}, which has one byte more at least.
     *
     * @throws PackException if the stream is bad, does not end before {@code limit} or has another length
     */
    void inflate(long offset, long dataAt, long limit, byte[] target, int size) throws PackException {
        run(offset, dataAt, limit, target, size, null);
    }

    /** Inflates as many bytes as {@code target} has. */
    void exact(long offset, long dataAt, long limit, byte[] target) throws PackException {
        int[] filled = {0};
        run(offset, dataAt, limit, piece, target.length, (bytes, length) -> {
            System.arraycopy(bytes, 0, target, filled[0], length);
            filled[0] += length;
        });
    }

    /** The same, in pieces. */
    void stream(long offset, long dataAt, long limit, long size, Sink sink) throws PackException {
        run(offset, dataAt, limit, piece, size, sink);
    }

    private void run(long offset, long dataAt, long limit, byte[] target, long size, @Nullable Sink sink)
            throws PackException {
        inflater.reset();
        long at = dataAt;
        long total = 0;
        try {
            while (!inflater.finished()) {
                if (inflater.needsInput()) {
                    if (at >= limit) {
                        throw EntryHeader.malformed(offset, "its zlib stream runs into what follows");
                    }
                    var view = pack.view(at, limit);
                    at += view.remaining();
                    inflater.setInput(view);
                }
                int from = sink == null ? (int) total : 0;
                int room = sink == null ? (int) size + 1 - from : target.length;
                int count = inflater.inflate(target, from, room);
                total += count;
                if (total > size) {
                    throw EntryHeader.malformed(offset, "it inflates to more than its " + size + " bytes");
                }
                if (count > 0 && sink != null) {
                    sink.accept(target, count);
                }
                if (count == 0 && inflater.needsDictionary()) {
                    throw EntryHeader.malformed(offset, "its zlib stream wants a dictionary");
                }
            }
        } catch (DataFormatException e) {
            throw EntryHeader.malformed(offset, "bad zlib stream");
        }
        if (total != size) {
            throw EntryHeader.malformed(offset, "it inflates to " + total + " bytes instead of " + size);
        }
        end = dataAt + inflater.getBytesRead();
    }

    /** Begins to compute an object's id. */
    void beginId(int type, long size) {
        sha1.reset();
        sha1.update(WORDS[type]);
        int at = number.length;
        number[--at] = 0;
        long rest = size;
        do {
            number[--at] = (byte) ('0' + rest % 10);
            rest /= 10;
        } while (rest != 0);
        number[--at] = ' ';
        sha1.update(number, at, number.length - at);
    }

    void updateId(byte[] data, int length) {
        sha1.update(data, 0, length);
    }

    /** Writes the id. */
    void endId(byte[] target, int offset) {
        try {
            sha1.digest(target, offset, ObjectId.BYTES);
        } catch (DigestException e) {
            throw new IllegalStateException("SHA-1 has 20 bytes", e);
        }
    }

    @Override
    public void close() {
        inflater.end();
    }
}
