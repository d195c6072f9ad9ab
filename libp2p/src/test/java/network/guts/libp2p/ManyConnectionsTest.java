package network.guts.libp2p;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ten thousand connections leave nothing behind. They are made in a process of its own, {@link ManyConnections}. */
class ManyConnectionsTest {
    private static final int NOISE = 4000;
    private static final int TLS = 3000;
    private static final int QUIC = 3000;
    private static final long MINUTES = 5;

    private record Change(long before, long after) {
        long more() {
            return after - before;
        }
    }

    @TempDir
    private Path folder;

    @Test
    void leaveNothingBehind() throws Exception {
        Map<String, Change> counts = run();
        assertThat(of(counts, "descriptors").more()).as("descriptors").isLessThanOrEqualTo(8);
        assertThat(of(counts, "threads").more()).as("platform threads").isLessThanOrEqualTo(4);
        assertThat(of(counts, "virtual").more()).as("virtual threads").isLessThanOrEqualTo(16);
        // In MiB: 1 KiB for each connection would be 10 of them.
        assertThat(of(counts, "heap").more()).as("heap").isLessThanOrEqualTo(8);
        assertThat(of(counts, "netty").more()).as("Netty's buffers in use").isLessThanOrEqualTo(1);
        assertThat(of(counts, "resident").more()).as("memory of the process").isLessThanOrEqualTo(96);
        assertThat(of(counts, "leaks").after())
                .as("buffers that Netty found leaked")
                .isZero();
        assertThat(of(counts, "noticed").after())
                .as("the buffer that was leaked on purpose")
                .isPositive();
    }

    private static Change of(Map<String, Change> counts, String name) {
        return Objects.requireNonNull(counts.get(name), name);
    }

    private Map<String, Change> run() throws IOException, InterruptedException {
        Path out = folder.resolve("out.txt");
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-Xms192m",
                        "-Xmx192m",
                        "-XX:+AlwaysPreTouch",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-Dio.netty.leakDetection.level=paranoid",
                        "-cp",
                        classPath(),
                        ManyConnections.class.getName(),
                        Files.createDirectory(folder.resolve("hosts")).toString(),
                        Integer.toString(NOISE),
                        Integer.toString(TLS),
                        Integer.toString(QUIC)))
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        boolean ended = process.waitFor(MINUTES, TimeUnit.MINUTES);
        if (!ended) {
            process.destroyForcibly().waitFor();
        }
        String said = Files.readString(out, StandardCharsets.UTF_8);
        System.out.println(said);
        assertThat(ended).as("ended within %d minutes: %s", MINUTES, said).isTrue();
        assertThat(process.exitValue()).as(said).isZero();
        Map<String, Change> counts = new HashMap<>();
        for (String line : said.lines().toList()) {
            String[] words = line.split(" ");
            if (words.length == 3 && words[1].matches("\\d+") && words[2].matches("\\d+")) {
                counts.put(words[0], new Change(Long.parseLong(words[1]), Long.parseLong(words[2])));
            }
        }
        return counts;
    }

    /** The tests are run as modules; the process has no use for that. */
    private static String classPath() {
        return String.join(
                File.pathSeparator,
                Path.of("target", "test-classes").toAbsolutePath().toString(),
                Path.of("target", "classes").toAbsolutePath().toString(),
                System.getProperty("jdk.module.path", ""),
                System.getProperty("java.class.path", ""));
    }
}
