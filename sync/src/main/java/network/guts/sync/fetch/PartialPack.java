package network.guts.sync.fetch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.BitSet;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import network.guts.core.Bytes;
import network.guts.sync.core.ChunkSet;
import network.guts.sync.model.PackDescriptor;
import network.guts.sync.model.PackId;

/**
 * A pack of which some chunks are here, with a bitmap beside it that says which. The bitmap is written behind the chunk
 * and only believed after the chunk was hashed again, so a crash at any moment costs nothing but that. Thread-safe.
 */
public final class PartialPack implements AutoCloseable {
    /** How a chunk gets to the disk; tests have disks that are full. */
    @FunctionalInterface
    public interface Disk {
        Disk REAL = (file, data, position) -> {
            long at = position;
            while (data.hasRemaining()) {
                at += file.write(data, at);
            }
        };

        void write(FileChannel file, ByteBuffer data, long position) throws IOException;
    }

    private static final String CHUNKS = ".part";
    private static final String BITMAP = ".held";

    private final PackId id;
    private final PackDescriptor descriptor;
    private final Path path;
    private final Path bitmapPath;
    private final Disk disk;
    private final FileChannel file;
    private final FileChannel bitmap;
    private final ReentrantLock lock = new ReentrantLock();
    private final BitSet verified = new BitSet();

    private PartialPack(PackId id, PackDescriptor descriptor, Path folder, Disk disk) throws IOException {
        this.id = id;
        this.descriptor = descriptor;
        this.disk = disk;
        this.path = folder.resolve(id + CHUNKS);
        this.bitmapPath = folder.resolve(id + BITMAP);
        this.file = openFile(path);
        try {
            this.bitmap = openFile(bitmapPath);
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    private static FileChannel openFile(Path path) throws IOException {
        return FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    /**
     * Opens what there is of the pack in {@code folder}, or begins.
     *
     * @throws IOException if the disk does not take it
     */
    public static PartialPack open(Path folder, PackId id, PackDescriptor descriptor, Disk disk) throws IOException {
        Files.createDirectories(folder);
        PartialPack pack = new PartialPack(id, descriptor, folder, disk);
        try {
            pack.resume();
            return pack;
        } catch (IOException e) {
            pack.close();
            throw e;
        }
    }

    /** Which pack's {@code file} is, if it is one that is written here. */
    static Optional<String> packOf(Path file) {
        String name = String.valueOf(file.getFileName());
        return Stream.of(CHUNKS, BITMAP)
                .filter(name::endsWith)
                .map(ending -> name.substring(0, name.length() - ending.length()))
                .findFirst();
    }

    private void resume() throws IOException {
        int chunks = descriptor.chunks().size();
        ByteBuffer claimed = ByteBuffer.allocate((chunks + 7) / 8);
        bitmap.read(claimed, 0);
        BitSet bits = BitSet.valueOf(claimed.array());
        for (int chunk = bits.nextSetBit(0); chunk >= 0 && chunk < chunks; chunk = bits.nextSetBit(chunk + 1)) {
            long end = (long) chunk * descriptor.chunkSize() + descriptor.chunkLength(chunk);
            if (end <= file.size() && matches(chunk, ByteBuffer.wrap(read(chunk)))) {
                verified.set(chunk);
            }
        }
        if (file.size() > descriptor.size()) {
            file.truncate(descriptor.size());
        } else if (file.size() < descriptor.size()) {
            // One byte at the end makes the file as long as it will be; the rest stays a hole.
            disk.write(file, ByteBuffer.wrap(new byte[1]), descriptor.size() - 1);
        }
    }

    public PackId id() {
        return id;
    }

    public PackDescriptor descriptor() {
        return descriptor;
    }

    public Path file() {
        return path;
    }

    public ChunkSet verified() {
        lock.lock();
        try {
            return ChunkSet.of(descriptor.chunks().size(), verified);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes a chunk.
     *
     * @return false if these are not its bytes; nothing is written then
     * @throws IOException if this node's disk fails
     */
    public boolean write(int chunk, ByteBuffer data) throws IOException {
        if (!matches(chunk, data.duplicate())) {
            return false;
        }
        lock.lock();
        try {
            if (verified.get(chunk)) {
                return true;
            }
        } finally {
            lock.unlock();
        }
        disk.write(file, data, (long) chunk * descriptor.chunkSize());
        lock.lock();
        try {
            verified.set(chunk);
            byte group = 0;
            for (int bit = 0; bit < 8; bit++) {
                group |= (byte) (verified.get(chunk / 8 * 8 + bit) ? 1 << bit : 0);
            }
            disk.write(bitmap, ByteBuffer.wrap(new byte[] {group}), chunk / 8);
        } finally {
            lock.unlock();
        }
        return true;
    }

    private boolean matches(int chunk, ByteBuffer data) {
        if (data.remaining() != descriptor.chunkLength(chunk)) {
            return false;
        }
        MessageDigest digest = Bytes.sha256();
        digest.update(data);
        return Bytes.of(digest.digest()).equals(descriptor.chunks().get(chunk).sha256());
    }

    /** The bytes of a chunk that is verified. */
    public byte[] read(int chunk) throws IOException {
        ByteBuffer data = ByteBuffer.allocate(descriptor.chunkLength(chunk));
        long position = (long) chunk * descriptor.chunkSize();
        while (data.hasRemaining()) {
            int count = file.read(data, position + data.position());
            if (count < 0) {
                throw new IOException("a chunk is cut off in " + path);
            }
        }
        return data.array();
    }

    /** Makes the bytes survive a power cut. */
    public void force() throws IOException {
        file.force(true);
    }

    /** The pack has moved on: what is left of it here goes. */
    public void discard() throws IOException {
        close();
        Files.deleteIfExists(path);
        Files.deleteIfExists(bitmapPath);
    }

    @Override
    public void close() throws IOException {
        try {
            file.close();
        } finally {
            bitmap.close();
        }
    }
}
