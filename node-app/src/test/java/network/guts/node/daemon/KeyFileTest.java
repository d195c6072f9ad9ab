package network.guts.node.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Arrays;
import network.guts.core.PrivateKey;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyFileTest {
    @TempDir
    Path folder;

    private Path file() {
        return folder.resolve("node.key");
    }

    private PrivateKey make() throws Failure {
        return KeyFile.loadOrCreate(file(), new SecureRandom());
    }

    @Test
    void isMadeOnceForItsOwnerAlone() throws Exception {
        PrivateKey key = make();
        assertThat(make()).isEqualTo(key);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
    }

    @Test
    void damageIsFoundAndNothingIsOverwritten() throws Exception {
        make();
        byte[] good = Files.readAllBytes(file());
        for (int at : new int[] {0, 5, good.length - 1}) {
            byte[] bad = good.clone();
            bad[at] ^= 1;
            Files.write(file(), bad);
            Failure failure = catchThrowableOfType(Failure.class, this::make);
            assertThat(failure.code()).as("byte " + at).isEqualTo(ExitCode.USAGE);
            assertThat(failure.message()).contains("damaged");
            assertThat(Files.readAllBytes(file())).isEqualTo(bad);
        }
        Files.write(file(), Arrays.copyOf(good, 10));
        assertThat(catchThrowableOfType(Failure.class, this::make).code()).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void aKeyThatOthersCanReadIsRefused() throws Exception {
        make();
        Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("rw-r--r--"));
        Failure failure = catchThrowableOfType(Failure.class, this::make);
        assertThat(failure.hint()).contains("chmod 600");
    }

    @Test
    void aMissingKeyIsNotFound() {
        Failure failure = catchThrowableOfType(Failure.class, () -> KeyFile.load(file()));
        assertThat(failure.code()).isEqualTo(ExitCode.NOT_FOUND);
    }
}
