package network.guts.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CrashSafeFileTest {
    @TempDir
    Path folder;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String permissions(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    private void nothingElseIsThere(int files) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            assertThat(all).hasSize(files);
        }
    }

    @Test
    void theNewContentReplacesTheOldAndLeavesNothingBeside() throws IOException {
        Path file = folder.resolve("file");
        CrashSafeFile.write(file, bytes("one"));
        CrashSafeFile.write(file, bytes("another"));
        assertThat(file).hasContent("another");
        assertThat(permissions(file)).isEqualTo("rw-r--r--");
        nothingElseIsThere(1);
    }

    @Test
    void aSecretIsItsOwnersAlone() throws IOException {
        Path file = folder.resolve("key");
        CrashSafeFile.writeSecret(file, bytes("secret"));
        assertThat(permissions(file)).isEqualTo("rw-------");
        nothingElseIsThere(1);
    }

    @Test
    void whatCannotBeReplacedStaysAndNothingIsLeftBeside() throws IOException {
        Path target = folder.resolve("folder");
        Files.createDirectories(target.resolve("below"));
        assertThatThrownBy(() -> CrashSafeFile.write(target, bytes("x"))).isInstanceOf(IOException.class);
        assertThat(target.resolve("below")).isDirectory();
        nothingElseIsThere(1);
        assertThatThrownBy(() -> CrashSafeFile.write(folder.resolve("not/there"), bytes("x")))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> CrashSafeFile.write(Path.of("/"), bytes("x"))).isInstanceOf(IOException.class);
    }

    @Test
    void aCompleteFileIsMovedInPlace() throws IOException {
        Path complete = Files.writeString(folder.resolve("complete"), "new");
        Path target = Files.writeString(folder.resolve("target"), "old");
        CrashSafeFile.moveInPlace(complete, target);
        assertThat(target).hasContent("new");
        assertThat(complete).doesNotExist();
    }
}
