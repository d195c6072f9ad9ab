package network.guts.libp2p.quic;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import network.guts.libp2p.muxer.ReceiveMemory;

/**
 * What came in on one stream and was not read yet. Its owner's lock guards every method but {@link #copy}, so that the
 * event loop adds while the reader copies.
 */
final class ReceiveQueue {
    /** A buffer that is less than this part full is not worth keeping. */
    private static final int WORTH = 4;

    private final ArrayDeque<ByteBuf> incoming = new ArrayDeque<>();
    private final ArrayDeque<ByteBuf> current = new ArrayDeque<>();
    private final ReceiveMemory memory;
    private int unread;

    ReceiveQueue(ReceiveMemory memory) {
        this.memory = memory;
    }

    /** False if memory is scarce: no more should be asked for until this was read. */
    boolean add(ByteBuf bytes) {
        unread += bytes.readableBytes();
        boolean enough = memory.hold(bytes.readableBytes());
        incoming.add(bytes.readableBytes() < bytes.capacity() / WORTH ? onHeap(bytes) : bytes);
        return enough;
    }

    /** Bytes that wait for the reader. */
    int unread() {
        return unread;
    }

    /** Lets the reader copy what is there by now. */
    void turn() {
        if (current.isEmpty()) {
            current.addAll(incoming);
            incoming.clear();
        }
    }

    /** Copies without the lock, for the one reader whose turn it is. */
    int copy(byte[] target, int offset, int length) {
        int count = 0;
        while (count < length && !current.isEmpty()) {
            ByteBuf first = current.getFirst();
            int some = Math.min(length - count, first.readableBytes());
            first.readBytes(target, offset + count, some);
            count += some;
            if (!first.isReadable()) {
                current.removeFirst().release();
            }
        }
        return count;
    }

    void copied(int count) {
        unread -= count;
        memory.give(count);
    }

    void drop() {
        current.forEach(ByteBuf::release);
        current.clear();
        incoming.forEach(ByteBuf::release);
        incoming.clear();
        memory.give(unread);
        unread = 0;
    }

    /** Gives the event loop's buffers back and keeps their bytes: a reader who never comes costs no direct memory. */
    void moveToHeap() {
        turn();
        ArrayDeque<ByteBuf> moved = new ArrayDeque<>();
        current.forEach(bytes -> moved.add(onHeap(bytes)));
        incoming.forEach(bytes -> moved.add(onHeap(bytes)));
        current.clear();
        incoming.clear();
        current.addAll(moved);
    }

    private static ByteBuf onHeap(ByteBuf bytes) {
        byte[] copy = new byte[bytes.readableBytes()];
        bytes.readBytes(copy);
        bytes.release();
        return Unpooled.wrappedBuffer(copy);
    }
}
