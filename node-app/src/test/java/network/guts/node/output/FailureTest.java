package network.guts.node.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import network.guts.sync.SyncException;
import org.junit.jupiter.api.Test;

class FailureTest {
    @Test
    void aFullDiskIsSaidPlainlyHoweverDeepItLies() {
        Throwable[] problems = {
            new IOException("No space left on device"),
            new UncheckedIOException(
                    "the key cannot be kept",
                    new IOException("database: x", new SQLException("[SQLITE_FULL] Insertion failed"))),
            new SyncException(
                    SyncException.Kind.FAILED, "git cannot pack: fatal: write error: No space left on device", "fsck"),
            new IllegalStateException("wrapped", new IOException("File too large"))
        };
        for (Throwable problem : problems) {
            Failure failure = Failure.of(problem, "publish");
            assertThat(failure.code()).isEqualTo(ExitCode.FAILED);
            assertThat(failure.message()).startsWith("publish: cannot write to the disk: ");
            assertThat(failure.hint()).contains("make room").doesNotContain("bug");
        }
    }

    @Test
    void othersKeepTheirOwnWords() {
        Failure refused =
                Failure.of(new SyncException(SyncException.Kind.REFUSED, "not a delegate", "ask one"), "push");
        assertThat(refused.code()).isEqualTo(ExitCode.REFUSED);
        assertThat(refused.message()).isEqualTo("not a delegate");
        assertThat(refused.hint()).isEqualTo("ask one");
        Failure bug = Failure.of(new IllegalStateException("x", new IOException("y")), "seed");
        assertThat(bug.message()).isEqualTo("seed: x");
        assertThat(bug.hint()).contains("bug");
        Failure itself = new Failure(ExitCode.NOT_FOUND, "a", "b");
        assertThat(Failure.of(itself, "anything")).isSameAs(itself);
    }
}
