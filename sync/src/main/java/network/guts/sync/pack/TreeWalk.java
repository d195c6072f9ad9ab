package network.guts.sync.pack;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import network.guts.sync.model.ObjectId;
import network.guts.sync.pack.PackException.Kind;
import org.jspecify.annotations.Nullable;

/**
 * One thread's walk down trees of deltas, depth first. Content is kept for the objects on the way down only, in buffers
 * that are used again. The child with the most descendants comes last and its parent is given up before, so that few
 * are held. Where large objects still hold more than the thread's share of memory, the oldest are dropped, and made
 * again if they are needed.
 */
final class TreeWalk implements AutoCloseable {
    private static final int MAX_FREE = 32;

    private final DeltaResolver resolver;
    private final DeltaTrees trees;
    private final EntryTable entries;
    private final EntryInflater inflater;
    private final EntryHeader header = new EntryHeader();
    private final ObjectCheck objects;
    private final TreeCheck treeCheck;
    private final long share;
    private final List<Frame> stack = new ArrayList<>();
    private final Deque<byte[]> free = new ArrayDeque<>();
    private long freeBytes;
    private byte[] delta = new byte[1 << 14];
    private long held;
    private int type;

    TreeWalk(DeltaResolver resolver, References references) {
        this.resolver = resolver;
        this.trees = resolver.trees();
        this.entries = trees.entries();
        this.inflater = new EntryInflater(trees.pack());
        this.objects = new ObjectCheck(references);
        this.treeCheck = new TreeCheck(references);
        this.share = resolver.limits().memoryBytes() / resolver.limits().threads();
    }

    /** An object on the way down, and which of its children come next. */
    private static final class Frame {
        private final int entry;
        private final int length;
        private final int chain;
        private byte @Nullable [] data;
        private int child;
        private int referring;

        Frame(int entry, byte[] data, int length, int chain, int child, int referring) {
            this.entry = entry;
            this.data = data;
            this.length = length;
            this.chain = chain;
            this.child = child;
            this.referring = referring;
        }
    }

    void resolve(DeltaResolver.Task task) throws IOException {
        try {
            begin(task);
            while (!stack.isEmpty() && !resolver.isStopped()) {
                step();
            }
        } finally {
            while (!stack.isEmpty()) {
                pop();
            }
            while (resolver.large().isHeldByCurrentThread()) {
                resolver.large().unlock();
            }
        }
    }

    private void begin(DeltaResolver.Task task) throws IOException {
        type = task.type();
        byte[] data = task.data();
        int length;
        if (data != null) {
            length = data.length;
        } else {
            length = entries.size(task.entry());
            reserve(length);
            data = buffer(length);
            inflateWhole(task.entry(), data, length);
        }
        if (task.child() != DeltaTrees.NONE) {
            Frame frame = new Frame(task.entry(), data, length, task.chain(), DeltaTrees.NONE, DeltaTrees.NONE);
            child(frame, data, task.child());
            return;
        }
        int child = task.entry() == DeltaTrees.NONE ? DeltaTrees.NONE : trees.firstChild(task.entry());
        int referring = task.entry() == DeltaTrees.NONE ? task.referring() : firstReferring(task.entry());
        push(new Frame(task.entry(), data, length, task.chain(), child, referring));
    }

    private int firstReferring(int entry) {
        return trees.hasReferring() ? trees.firstReferring(entries.ids(), entry * ObjectId.BYTES) : DeltaTrees.NONE;
    }

    private void step() throws IOException {
        Frame frame = stack.getLast();
        int child = take(frame);
        if (child == DeltaTrees.NONE) {
            pop();
            return;
        }
        byte[] data = frame.data;
        if (data == null) {
            data = remake(frame);
        }
        boolean last = frame.child == DeltaTrees.NONE && frame.referring == DeltaTrees.NONE;
        if (!last && resolver.isWanted(frame.length)) {
            byte[] copy = Arrays.copyOf(data, frame.length);
            resolver.handOver(new DeltaResolver.Task(frame.entry, child, copy, type, DeltaTrees.NONE, frame.chain));
            return;
        }
        if (last) {
            stack.removeLast();
            child(frame, data, child);
            release(frame);
        } else {
            child(frame, data, child);
        }
    }

    /** The next child: those that name their base by id first, since the heaviest of the others comes last. */
    private int take(Frame frame) {
        while (frame.referring != DeltaTrees.NONE) {
            int index = frame.referring;
            frame.referring = trees.nextReferring(index);
            if (trees.claim(index)) {
                int entry = trees.referring(index);
                if (frame.entry != DeltaTrees.NONE) {
                    entries.base(entry, entries.offset(frame.entry));
                }
                return entry;
            }
        }
        int child = frame.child;
        if (child != DeltaTrees.NONE) {
            frame.child = trees.nextSibling(child);
        }
        return child;
    }

    /** Makes the object of {@code entry} from its base, and goes down if it is a base itself. */
    private void child(Frame base, byte[] baseData, int entry) throws IOException {
        long offset = entries.offset(entry);
        if (base.chain >= PackFormat.MAX_CHAIN) {
            throw EntryHeader.malformed(offset, "its chain of deltas is longer than " + PackFormat.MAX_CHAIN);
        }
        int size = entries.size(entry);
        byte[] result = apply(entry, baseData, base.length, size, base);
        inflater.beginId(type, size);
        inflater.updateId(result, size);
        inflater.endId(entries.ids(), entry * ObjectId.BYTES);
        entries.type(entry, type);
        if (ObjectCheck.isStructured(type)) {
            String wrong = type == ObjectType.TREE.code()
                    ? treeCheck.check(result, size, baseData, base.length)
                    : objects.check(type, result, size);
            if (wrong != null) {
                throw SegmentScanner.badObject(type, entries.hex(entry), wrong);
            }
        }
        resolver.done().incrementAndGet();
        int first = trees.firstChild(entry);
        int referring = firstReferring(entry);
        if (first != DeltaTrees.NONE || referring != DeltaTrees.NONE) {
            push(new Frame(entry, result, size, base.chain + 1, first, referring));
        } else {
            free(result);
        }
    }

    private byte[] apply(int entry, byte[] base, int baseLength, int size, @Nullable Frame extra) throws IOException {
        long offset = entries.offset(entry);
        long limit = entries.end(entry, resolver.end());
        header.read(trees.pack(), offset, limit);
        int deltaSize = (int) header.size();
        reserve((long) deltaSize + size + (extra == null ? 0 : extra.length));
        if (delta.length <= deltaSize) {
            delta = new byte[Math.max(deltaSize + 1, (int) Math.min(1 << 20, delta.length * 2L))];
        }
        inflater.inflate(offset, header.dataAt(), limit, delta, deltaSize);
        byte[] result = buffer(size);
        Delta.apply(offset, delta, deltaSize, base, baseLength, result, size);
        return result;
    }

    private void inflateWhole(int entry, byte[] target, int size) throws PackException {
        long limit = entries.end(entry, resolver.end());
        header.read(trees.pack(), entries.offset(entry), limit);
        inflater.inflate(entries.offset(entry), header.dataAt(), limit, target, size);
    }

    /** Makes the content of a frame again that was dropped. */
    private byte[] remake(Frame frame) throws IOException {
        Deque<Integer> chain = new ArrayDeque<>();
        int entry = frame.entry;
        while (entries.base(entry) >= 0) {
            chain.push(entry);
            entry = entries.at(entries.base(entry));
        }
        byte[] data;
        int length;
        if (entries.base(entry) == EntryTable.ROOT) {
            length = entries.size(entry);
            data = buffer(length);
            inflateWhole(entry, data, length);
        } else {
            header.read(trees.pack(), entries.offset(entry), resolver.end());
            data = resolver.outside(trees.pack().id(header.baseIdAt())).data();
            length = data.length;
            chain.push(entry);
        }
        for (int next : chain) {
            resolver.remade(entries.size(next));
            byte[] result = apply(next, data, length, entries.size(next), null);
            free(data);
            data = result;
            length = entries.size(next);
        }
        frame.data = data;
        held += data.length;
        return data;
    }

    private void push(Frame frame) {
        held += frame.data == null ? 0 : frame.data.length;
        stack.add(frame);
    }

    private void pop() {
        release(stack.removeLast());
    }

    private void release(Frame frame) {
        byte[] data = frame.data;
        if (data != null) {
            held -= data.length;
            frame.data = null;
            free(data);
        }
    }

    private byte[] buffer(int size) {
        byte[] buffer = free.pollLast();
        if (buffer != null) {
            freeBytes -= buffer.length;
            if (buffer.length > size) {
                return buffer;
            }
        }
        // A little more, so that the next version of a growing file still fits.
        long wanted = Math.max(1024L, size + (size >> 3) + 1L);
        return new byte[(int) Math.min(wanted, Integer.MAX_VALUE - 8L)];
    }

    private void free(byte[] buffer) {
        if (free.size() < MAX_FREE && freeBytes + buffer.length <= share / 4) {
            free.addLast(buffer);
            freeBytes += buffer.length;
        }
    }

    /** Sees to it that {@code needed} bytes more may be held. */
    private void reserve(long needed) throws IOException {
        if (held + needed <= share) {
            return;
        }
        for (int i = 0; i < stack.size() - 1 && held + needed > share; i++) {
            release(stack.get(i));
        }
        if (held + needed <= share) {
            return;
        }
        // One thread at a time may take more than its share.
        if (!resolver.large().isHeldByCurrentThread()) {
            resolver.large().lock();
        }
        if (held + needed > resolver.limits().memoryBytes()) {
            throw new PackException(
                    Kind.TOO_LARGE,
                    "an object and its base need " + (held + needed) + " bytes of memory, the setting allows "
                            + resolver.limits().memoryBytes());
        }
    }

    @Override
    public void close() {
        inflater.close();
    }
}
