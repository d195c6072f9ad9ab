package network.guts.sync.protocol;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import network.guts.core.MalformedException;
import network.guts.sync.wire.SyncMessage;
import org.jspecify.annotations.Nullable;

/** A reply that is wanted whole. The wait is bounded by the client's own time-outs, which fail the request. */
final class Collected implements SyncClient.Listener {
    private final List<SyncMessage.Content> parts = new ArrayList<>();
    private final CountDownLatch done = new CountDownLatch(1);
    private final int maxBytes;
    private long bytes;
    private volatile @Nullable IOException reason;

    Collected(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    @Override
    public void part(SyncMessage.Content content, boolean last) throws IOException {
        bytes += size(content);
        if (bytes > maxBytes) {
            throw new MalformedException("a reply of more than " + maxBytes + " bytes");
        }
        parts.add(content);
        if (last) {
            done.countDown();
        }
    }

    /** What a part takes; an empty one is not for free. */
    private static long size(SyncMessage.Content content) {
        return 64
                + switch (content) {
                    case SyncMessage.Refs refs ->
                        sum(refs.identities())
                                + sum(refs.headers())
                                + sum(refs.fresh())
                                + sum(refs.bodies())
                                + sum(refs.peers());
                    case SyncMessage.Body body -> body.data().size();
                    case SyncMessage.Packs packs ->
                        packs.data().size()
                                + packs.held()
                                        .map(network.guts.core.Bytes::size)
                                        .orElse(0);
                    case SyncMessage.Inventory inventory ->
                        34L * inventory.repositories().size();
                    default -> 0L;
                };
    }

    private static long sum(List<network.guts.core.Bytes> all) {
        return all.stream().mapToLong(network.guts.core.Bytes::size).sum();
    }

    @Override
    public void failed(IOException failure) {
        reason = failure;
        done.countDown();
    }

    List<SyncMessage.Content> await() throws IOException {
        try {
            done.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
        IOException failure = reason;
        if (failure != null) {
            throw failure;
        }
        return parts;
    }
}
