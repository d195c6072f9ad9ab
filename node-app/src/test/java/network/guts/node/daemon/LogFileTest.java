package network.guts.node.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFileTest {
    @TempDir
    Path folder;

    private RotatedFile file(int maxBytes) throws IOException {
        RotatedFile file = new RotatedFile(folder.resolve("node.log"), maxBytes, 3);
        file.setFormatter(new SimpleFormatter() {
            @Override
            public String format(LogRecord entry) {
                return entry.getMessage() + "\n";
            }
        });
        return file;
    }

    private static void log(RotatedFile file, String... lines) {
        Stream.of(lines).map(line -> new LogRecord(Level.INFO, line)).forEach(file::publish);
    }

    @Test
    void theNewestFileHasTheName() throws IOException {
        RotatedFile file = file(10);
        log(file, "one", "two", "three", "four", "five", "six", "seven", "eight");
        file.close();
        assertThat(folder.resolve("node.log")).hasContent("eight\n");
        assertThat(folder.resolve("node.log.1")).hasContent("six\nseven\n");
        assertThat(folder.resolve("node.log.2")).hasContent("four\nfive\n");
        try (Stream<Path> all = Files.list(folder)) {
            assertThat(all).hasSize(3);
        }
    }

    @Test
    void aRestartGoesOnWhereItEnded() throws IOException {
        RotatedFile first = file(100);
        log(first, "before");
        first.close();
        log(first, "after its end nothing is written");
        RotatedFile second = file(100);
        log(second, "after");
        second.close();
        assertThat(folder.resolve("node.log")).hasContent("before\nafter\n");
    }

    @Test
    void aRecordThatIsLongerThanAFileIsKeptWhole() throws IOException {
        RotatedFile file = file(10);
        log(file, "a record of more than ten bytes", "next");
        file.close();
        assertThat(folder.resolve("node.log.1")).hasContent("a record of more than ten bytes\n");
        assertThat(folder.resolve("node.log")).hasContent("next\n");
    }
}
