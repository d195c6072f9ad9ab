package network.guts.libp2p;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Collectors;
import network.guts.core.Multiaddr;
import network.guts.core.PrivateKey;
import network.guts.core.host.Stream;
import network.guts.runtime.Database;
import network.guts.runtime.Frames;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of the package's documentation, as it stands there. */
class ExampleTest {
    private static final Path SOURCES = Path.of("src", "main", "java", "network", "guts", "libp2p");
    private static final Path TESTS = Path.of("src", "test", "java", "network", "guts", "libp2p");

    @TempDir
    private Path folder;

    @Test
    void theExampleRuns() throws Exception {
        String greeting;
        try (Database database = Database.open(folder.resolve("alice.db"));
                Database other = Database.open(folder.resolve("bob.db"));
                Libp2pHost alice = new Libp2pHost(
                        HostConfig.of(PrivateKey.generate(new SecureRandom())).build(),
                        database,
                        InstantSource.system());
                Libp2pHost bob = new Libp2pHost(
                        HostConfig.of(PrivateKey.generate(new SecureRandom()))
                                .listen(Multiaddr.parse("/ip4/127.0.0.1/tcp/0"))
                                .build(),
                        other,
                        InstantSource.system())) {
            bob.handle("/greeting/1.0.0", stream -> {
                byte[] name = Frames.readRequired(stream, 100);
                Frames.write(stream, ("Hello " + new String(name, UTF_8)).getBytes(UTF_8));
            });
            alice.start();
            bob.start();

            alice.connect(bob.peerId(), bob.addresses(), Duration.ofSeconds(10));
            try (Stream stream = alice.open(bob.peerId(), List.of("/greeting/1.0.0"), Duration.ofSeconds(10))) {
                Frames.write(stream, "Alice".getBytes(UTF_8));
                greeting = new String(Frames.readRequired(stream, 1000), UTF_8);
            }
        }
        assertThat(greeting).isEqualTo("Hello Alice");
    }

    @Test
    void itIsTheOneOfTheDocumentation() throws Exception {
        String documentation = Files.readString(SOURCES.resolve("package-info.java"));
        int begin = documentation.indexOf("{@snippet :") + "{@snippet :".length();
        String code = documentation
                .substring(begin, documentation.indexOf("\n * }\n * }", begin) + "\n * }".length())
                .lines()
                .map(line -> line.replaceFirst("^ \\* ?", ""))
                .collect(Collectors.joining("\n"));
        String test = Files.readString(TESTS.resolve("ExampleTest.java"));
        assertThat(test.replaceAll("\\s+", "")).contains(code.replaceAll("\\s+", ""));
    }
}
