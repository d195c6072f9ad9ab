package network.guts.sync.pack;

import java.util.Arrays;
import java.util.function.IntConsumer;
import network.guts.sync.model.PackDescriptor;
import network.guts.sync.pack.PackException.Kind;

/**
 * The pieces of a pack that can be parsed by themselves: from a chunk's first entry to the first entry of the next
 * chunk that has one. A segment can be parsed when all chunks that it touches are there. Not thread-safe.
 */
final class Segments {
    private final long[] starts;
    private final long end;
    private final int[] missing;

    /** The last segment that begins in or before each chunk. */
    private final int[] segmentOfChunk;

    private final boolean[] present;
    private final int chunkSize;
    private int chunksMissing;

    /**
     * @throws PackException if the descriptor contradicts itself
     */
    Segments(PackDescriptor descriptor) throws PackException {
        chunkSize = descriptor.chunkSize();
        end = descriptor.size() - PackFormat.TRAILER_BYTES;
        check(descriptor);
        int chunks = descriptor.chunks().size();
        segmentOfChunk = new int[chunks];
        present = new boolean[chunks];
        chunksMissing = chunks;
        long[] found = new long[chunks];
        int count = 0;
        for (int i = 0; i < chunks; i++) {
            int first = descriptor.chunks().get(i).firstEntry();
            if (first != PackDescriptor.NO_ENTRY) {
                found[count++] = (long) i * chunkSize + first;
            }
            segmentOfChunk[i] = count - 1;
        }
        starts = Arrays.copyOf(found, count);
        missing = new int[count];
        for (int i = 0; i < chunks; i++) {
            forEachTouching(i, segment -> missing[segment]++);
        }
    }

    private void check(PackDescriptor descriptor) throws PackException {
        long size = descriptor.size();
        long objects = descriptor.objects();
        if (size < PackFormat.HEADER_BYTES + PackFormat.TRAILER_BYTES || chunkSize < PackFormat.HEADER_BYTES) {
            throw wrong("a pack of " + size + " bytes in chunks of " + chunkSize);
        }
        if (objects < 0 || objects > PackFormat.MAX_OBJECTS || objects > size / PackFormat.MIN_ENTRY_BYTES) {
            throw wrong(objects + " objects in " + size + " bytes");
        }
        if (descriptor.chunks().size() != (size + chunkSize - 1) / chunkSize) {
            throw wrong(descriptor.chunks().size() + " chunks for " + size + " bytes");
        }
        boolean any = false;
        for (int i = 0; i < descriptor.chunks().size(); i++) {
            int first = descriptor.chunks().get(i).firstEntry();
            if (first == PackDescriptor.NO_ENTRY) {
                continue;
            }
            any = true;
            if (first < 0
                    || first >= descriptor.chunkLength(i)
                    || (long) i * chunkSize + first >= end
                    || i == 0 && first != PackFormat.HEADER_BYTES) {
                throw wrong("first entry of chunk " + i + " at " + first);
            }
        }
        boolean first = descriptor.chunks().getFirst().firstEntry() == PackFormat.HEADER_BYTES;
        // With chunks as short as the header, the first entry begins in the second.
        boolean firstElsewhere = chunkSize == PackFormat.HEADER_BYTES
                && descriptor.chunks().size() > 1
                && descriptor.chunks().get(1).firstEntry() == 0;
        if (any != (objects > 0) || any && !first && !firstElsewhere || !any && end != PackFormat.HEADER_BYTES) {
            throw wrong("its first entry does not follow the header");
        }
    }

    private static PackException wrong(String what) {
        return new PackException(Kind.DESCRIPTOR, "the descriptor contradicts itself: " + what);
    }

    int count() {
        return starts.length;
    }

    long start(int segment) {
        return starts[segment];
    }

    long end(int segment) {
        return segment + 1 < starts.length ? starts[segment + 1] : end;
    }

    boolean isComplete() {
        return chunksMissing == 0;
    }

    /** Notes a chunk; {@code ready} hears of each segment that can be parsed now. */
    void arrived(int chunk, IntConsumer ready) {
        if (present[chunk]) {
            return;
        }
        present[chunk] = true;
        chunksMissing--;
        forEachTouching(chunk, segment -> {
            if (--missing[segment] == 0) {
                ready.accept(segment);
            }
        });
    }

    private void forEachTouching(int chunk, IntConsumer action) {
        int last = segmentOfChunk[chunk];
        if (last < 0) {
            return;
        }
        long chunkStart = (long) chunk * chunkSize;
        if (end(last) > chunkStart) {
            action.accept(last);
        }
        if (last > 0 && starts[last] > chunkStart) {
            action.accept(last - 1);
        }
    }
}
