package network.guts.sync.fetch;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import network.guts.sync.Progress;
import network.guts.sync.SyncException;
import network.guts.sync.model.PackDescriptor;
import network.guts.sync.model.RepositoryId;

/** Watches one download until every chunk is here: tells how far it is, and gives up when nobody delivers any more. */
final class DownloadWatch {
    private static final Duration TICK = Duration.ofMillis(250);

    /** Providers that are there and deliver nothing are waited for longer than none: they may be busy. */
    private static final Duration STUCK = ProviderLives.NOBODY.multipliedBy(6);

    private final RepositoryId id;
    private final PackDownload download;
    private final ProviderLives lives;
    private final Blame blame;
    private final Progress progress;
    private final Rate rate = new Rate();
    private final long total;
    private final long totalObjects;
    private final long before;

    DownloadWatch(
            RepositoryId id,
            PackDownload download,
            List<PackDownload.Coming> coming,
            ProviderLives lives,
            Blame blame,
            Progress progress) {
        this.id = id;
        this.download = download;
        this.lives = lives;
        this.blame = blame;
        this.progress = progress;
        this.total =
                coming.stream().mapToLong(one -> one.pack().descriptor().size()).sum();
        this.totalObjects = coming.stream()
                .mapToLong(one -> one.pack().descriptor().objects())
                .sum();
        this.before = coming.stream().mapToLong(DownloadWatch::heldBytes).sum();
    }

    private static long heldBytes(PackDownload.Coming one) {
        PackDescriptor descriptor = one.pack().descriptor();
        long bytes = 0;
        for (int chunk = 0; chunk < descriptor.chunks().size(); chunk++) {
            bytes += one.pack().verified().has(chunk) ? descriptor.chunkLength(chunk) : 0;
        }
        return bytes;
    }

    /** Bytes that were not here when it began. */
    long missing() {
        return total - before;
    }

    /**
     * Waits until every chunk is here.
     *
     * @throws SyncException if nobody is left who delivers
     */
    void await() throws IOException {
        long lastBytes = -1;
        long lastMove = System.nanoTime();
        while (!download.await(TICK)) {
            long bytes = download.bytes();
            tell("fetching", before + bytes, rate.of(bytes));
            if (bytes != lastBytes) {
                lastMove = System.nanoTime();
                lastBytes = bytes;
            }
            Duration still = Duration.ofNanos(System.nanoTime() - lastMove);
            boolean nobody = download.providers() == 0 && still.compareTo(ProviderLives.NOBODY) > 0;
            if (lives.isHopeless() || nobody || still.compareTo(STUCK) > 0) {
                throw gaveUp();
            }
        }
        tell("fetching", before + download.bytes(), rate.of(download.bytes()));
        tell("checking", total, 0);
    }

    private void tell(String phase, long bytes, double bytesPerSecond) {
        progress.update(new Progress.State(
                phase, bytes, total, download.objects(), totalObjects, download.providers(), bytesPerSecond));
    }

    private SyncException gaveUp() {
        Collection<String> relayed = lives.relayed().values();
        if (!relayed.isEmpty()) {
            return new SyncException(
                    SyncException.Kind.REFUSED,
                    String.join("; ", relayed),
                    "A relay is no way for repositories: one of both sides has to be reachable (a forwarded port, or"
                            + " another provider).");
        }
        return new SyncException(
                SyncException.Kind.FAILED,
                "no provider is left that delivers " + id + "; " + (before + download.bytes()) + " of " + total
                        + " bytes are here" + ProviderLives.named(blame.reasons()),
                "Try again: the fetch goes on where it stopped.");
    }

    /** Bytes a second, smoothed over a few seconds. */
    private static final class Rate {
        private static final double WEIGHT = 0.1;
        private long lastBytes;
        private long lastTime = System.nanoTime();
        private double rate;

        double of(long bytes) {
            long now = System.nanoTime();
            double seconds = Math.max(1e-6, (now - lastTime) / 1e9);
            rate = rate * (1 - WEIGHT) + WEIGHT * (bytes - lastBytes) / seconds;
            lastBytes = bytes;
            lastTime = now;
            return rate;
        }
    }
}
