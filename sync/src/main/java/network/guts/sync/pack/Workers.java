package network.guts.sync.pack;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Platform threads for work that needs a core: a few, named, daemons. */
final class Workers implements AutoCloseable {
    private static final int CLOSE_SECONDS = 30;

    private final ExecutorService pool;
    private final int threads;

    Workers(int threads) {
        this.threads = threads;
        this.pool = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().name("pack-", 0).daemon().factory());
    }

    /** Work that may fail. */
    @FunctionalInterface
    interface Job {
        void run() throws IOException;
    }

    int threads() {
        return threads;
    }

    Future<?> start(Job job) {
        return pool.submit(() -> {
            job.run();
            return null;
        });
    }

    /** Runs all and waits; the first failure is thrown once none runs any more. */
    void runAll(List<? extends Job> jobs) throws IOException {
        List<Future<?>> running = new ArrayList<>();
        for (Job job : jobs) {
            running.add(start(job));
        }
        IOException failure = null;
        for (Future<?> job : running) {
            try {
                await(job);
            } catch (InterruptedIOException e) {
                pool.shutdownNow();
                throw e;
            } catch (IOException e) {
                failure = failure == null ? e : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Waits for work; a failure of it is thrown here. It ends by itself, so there is no time-out but an interrupt. */
    static void await(Future<?> job) throws IOException {
        try {
            job.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            if (e.getCause() instanceof OutOfMemoryError memory) {
                throw new IOException("out of memory while a pack was parsed", memory);
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Ends all work and waits for its end. */
    @Override
    public void close() {
        pool.shutdownNow();
        boolean interrupted = false;
        boolean ended = false;
        while (!ended) {
            try {
                ended = pool.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
