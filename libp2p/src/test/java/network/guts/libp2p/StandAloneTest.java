package network.guts.libp2p;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The host as a library: what a program gets that depends on this module and nothing else of Guts. */
class StandAloneTest {
    private static final Path DOCUMENTATION =
            Path.of("src", "main", "java", "network", "guts", "libp2p", "package-info.java");

    @TempDir
    private Path folder;

    /** The module and what it needs at run time, without what the tests need. */
    private static List<Path> path() throws Exception {
        String dependencies =
                Files.readString(Path.of("target", "runtime.path")).strip();
        return Stream.concat(Stream.of("target/classes"), Stream.of(dependencies.split(File.pathSeparator)))
                .map(Path::of)
                .toList();
    }

    private static String example() throws Exception {
        List<String> lines = Files.readAllLines(DOCUMENTATION);
        int begin = lines.indexOf(" * {@snippet :") + 1;
        int end = begin;
        // The last line but one of two that are alike: the example's own brace, then the snippet's.
        while (!lines.get(end).equals(" * }") || !lines.get(end + 1).equals(" * }")) {
            end++;
        }
        return lines.subList(begin, end + 1).stream()
                .map(line -> line.replaceFirst("^ \\* ?", ""))
                .collect(Collectors.joining("\n", "", "\n"));
    }

    /** Compiled and run by a JVM of its own that has the module path of such a program and nothing else. */
    @Test
    void theExampleOfTheDocumentationIsAProgram() throws Exception {
        Path program = Files.writeString(folder.resolve("Example.java"), example());
        String modules = path().stream()
                .map(each -> each.toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--module-path",
                        modules,
                        "--add-modules",
                        // With those that nobody requires and that hold QUIC's native library.
                        "ALL-MODULE-PATH",
                        "--enable-native-access=org.conscrypt,io.netty.common",
                        "-XX:TieredStopAtLevel=1",
                        program.toString())
                .redirectError(folder.resolve("errors").toFile())
                .redirectOutput(folder.resolve("output").toFile())
                .directory(folder.toFile())
                .start();
        boolean ended = process.waitFor(2, TimeUnit.MINUTES);
        process.destroyForcibly();
        assertThat(folder.resolve("output"))
                .as(Files.readString(folder.resolve("errors")))
                .hasContent("Hello, Bob\n");
        assertThat(ended).isTrue();
        assertThat(process.exitValue()).isZero();
    }

    /** SQLite comes with the module that keeps an address book over restarts; Git, a command line or other protocols do not. */
    @Test
    void nothingElseOfGutsComesWithIt() throws Exception {
        String all = path().stream().map(Path::toString).collect(Collectors.joining("\n"));
        assertThat(all)
                .contains("core")
                .contains("runtime")
                .doesNotContainPattern("/(dht|gossip|sync|node-app|simulation)/")
                .doesNotContainPattern("guts-(dht|gossip|sync|node-app|simulation)")
                .doesNotContain("jgit", "picocli", "jline", "tomlj", "jackson", "prometheus", "junit", "assertj");
        assertThat(path()).as("few jars").hasSizeLessThan(35);
    }
}
