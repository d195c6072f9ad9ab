package network.guts.integration;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A command that runs while the test goes on. */
final class Running implements AutoCloseable {
    private final CompletableFuture<Command.Result> result;

    private Running(CompletableFuture<Command.Result> result) {
        this.result = result;
    }

    /** {@code guts ARGUMENTS}. */
    static Running start(Guts guts, String... arguments) {
        return start(() -> guts.run(arguments));
    }

    static Running start(java.util.function.Supplier<Command.Result> command) {
        CompletableFuture<Command.Result> result = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                result.complete(command.get());
            } catch (RuntimeException | Error e) {
                result.completeExceptionally(e);
            }
        });
        return new Running(result);
    }

    boolean isDone() {
        return result.isDone();
    }

    /** Waits for its end: commands are bounded in time. */
    Command.Result end() {
        return result.join();
    }

    /** Waits as well, so that nothing of a test that failed runs on. */
    @Override
    public void close() {
        result.exceptionally(problem -> new Command.Result(List.of(), -1, "", problem.toString()))
                .join();
    }
}
