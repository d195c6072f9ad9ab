package network.guts.sync.git;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GitCommandTest {
    @TempDir
    Path folder;

    /** Git that runs for long: it waits for the end of a pipe that the test holds. */
    private GitCommand.Result untilPipeEnds(Path pipe) {
        try {
            return new GitCommand(folder, Duration.ofMinutes(1))
                    .run(List.of("-c", "alias.wait=!cat '" + pipe + "' >&2; echo done", "wait"));
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void virtualThreadsGoOnWhileGitRuns() throws Exception {
        int more = Runtime.getRuntime().availableProcessors() + 2;
        List<CompletableFuture<GitCommand.Result>> running = new ArrayList<>();
        List<OutputStream> held = new ArrayList<>();
        for (int number = 0; number < more; number++) {
            Path pipe = folder.resolve("pipe" + number);
            assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                    .isZero();
            running.add(CompletableFuture.supplyAsync(
                    () -> untilPipeEnds(pipe), work -> Thread.ofVirtual().start(work)));
            held.add(Files.newOutputStream(pipe));
        }
        try {
            CompletableFuture<Boolean> other = new CompletableFuture<>();
            Thread.ofVirtual().start(() -> other.complete(true));
            assertThat(other.get(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            for (OutputStream pipe : held) {
                pipe.close();
            }
        }
        for (CompletableFuture<GitCommand.Result> one : running) {
            assertThat(one.get(60, TimeUnit.SECONDS).output()).isEqualTo("done\n");
        }
    }

    @Test
    void aComplaintIsNoHintAndNamesTheSignal() {
        assertThat(new GitCommand.Result(128, "", "fatal: bad object\nhint: turn this off\n").complaint())
                .isEqualTo("fatal: bad object");
        assertThat(new GitCommand.Result(1, "", "something odd\nhint: turn this off\n").complaint())
                .isEqualTo("something odd");
        assertThat(new GitCommand.Result(1, "", "hint: turn this off\n").complaint())
                .isEqualTo("exit code 1");
        assertThat(new GitCommand.Result(128 + 25, "", "hint: turn this off\n").complaint())
                .contains("File too large");
        assertThat(new GitCommand.Result(128 + 9, "", "").complaint()).contains("signal 9");
    }
}
