package network.guts.sync.model;

import java.util.List;
import network.guts.core.Bytes;

/**
 * What a pack is made of. Content-addressed and canonical: two nodes that make the same pack make the same descriptor.
 *
 * @param size of the git pack in bytes, header and trailer included
 * @param objects in its header
 * @param chunkSize bytes of every chunk but the last
 * @param chunks in order
 * @param bases objects outside the pack that its REF_DELTAs need, sorted; they lie in packs before it in the list
 * @param inputs the packs that it consolidates, in list order; empty for any other
 */
public record PackDescriptor(
        long size, long objects, int chunkSize, List<Chunk> chunks, List<ObjectId> bases, List<PackId> inputs) {
    /** The chunk size of every pack that is made: 1 MiB. */
    public static final int CHUNK_SIZE = 1 << 20;

    /** 64 GiB in chunks: far over any known repository, and a descriptor of 3 MB. */
    public static final int MAX_CHUNKS = 1 << 16;

    /** A thin pack that rests on more objects than this saves nothing. */
    public static final int MAX_BASES = 1 << 16;

    /** As many as a body may list packs. */
    public static final int MAX_INPUTS = RefsBody.MAX_PACKS;

    /** What the limits above can take: 45 bytes a chunk, 22 a base, 34 an input. */
    public static final int MAX_ENCODED = 5 << 20;

    /** The git pack header; the first entry begins behind it. */
    public static final int PACK_HEADER = 12;

    /** The git pack trailer, a SHA-1. */
    public static final int PACK_TRAILER = 20;

    /** A byte of type and size, and the shortest zlib stream: bounds the declared number of objects. */
    public static final int SMALLEST_ENTRY = 9;

    /** {@link Chunk#firstEntry} where no entry begins. */
    public static final int NO_ENTRY = -1;

    /**
     * A piece of a pack that is verified by itself.
     *
     * @param sha256 of its bytes
     * @param firstEntry offset within the chunk of the first entry that begins in it, or {@link #NO_ENTRY}
     */
    public record Chunk(Bytes sha256, int firstEntry) {}

    public PackDescriptor {
        chunks = List.copyOf(chunks);
        bases = List.copyOf(bases);
        inputs = List.copyOf(inputs);
    }

    /** Bytes of chunk {@code index}. */
    public int chunkLength(int index) {
        long start = (long) index * chunkSize;
        return (int) Math.min(chunkSize, size - start);
    }
}
