package network.guts.node.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuarantineSweepTest {
    @TempDir
    Path folder;

    private Path push(String name, Instant when) throws IOException {
        Path push = Files.createDirectories(folder.resolve(name));
        Files.createDirectories(push.resolve("objects/pack"));
        Files.writeString(push.resolve("objects/pack/a.pack"), "half a pack");
        Files.setLastModifiedTime(push, FileTime.from(when));
        return push;
    }

    @Test
    void onlyWhatWasGivenUpLongAgoGoes() throws IOException {
        Instant now = Instant.parse("2026-01-10T00:00:00Z");
        Path old = push("push-old", now.minus(QuarantineSweep.ABANDONED).minusSeconds(1));
        Path running = push("push-running", now.minus(Duration.ofHours(1)));
        QuarantineSweep.run(folder, now);
        assertThat(old).doesNotExist();
        assertThat(running.resolve("objects/pack/a.pack")).exists();
    }

    @Test
    void aQuarantineThatIsNotThereIsNoFailure() {
        QuarantineSweep.run(folder.resolve("nowhere"), Instant.EPOCH);
        assertThat(folder).isEmptyDirectory();
    }
}
