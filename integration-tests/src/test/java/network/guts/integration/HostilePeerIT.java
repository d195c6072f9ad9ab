package network.guts.integration;

import static network.guts.integration.GitRepositories.fsck;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PrivateKey;
import network.guts.core.host.Stream;
import network.guts.libp2p.HostConfig;
import network.guts.libp2p.Libp2pHost;
import network.guts.runtime.Database;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A peer with a right handshake and bad manners, against a node of the real program that others use meanwhile. */
class HostilePeerIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    /** More than any limit for the streams of one peer. */
    private static final int MANY_STREAMS = 2000;

    /** What 2,000 streams may cost: 256 are kept, each a virtual thread and small buffers. */
    private static final long MEMORY_BYTES = 96L << 20;

    @TempDir
    Path folder;

    private GutsNode node;
    private GutsNode other;
    private String url;
    private Database database;
    private Libp2pHost hostile;
    private PeerId victim;

    @BeforeEach
    void start() throws IOException {
        node = GutsNode.start(folder.resolve("node"), "--dht", "server");
        other = GutsNode.start(folder.resolve("other"), "--dht", "client");
        Path source = GitRepositories.create(folder.resolve("source"), 3, 10_000, 9);
        url = node.guts()
                        .json("publish", source.toString())
                        .succeeded()
                        .event("repository")
                        .path("url")
                        .asString()
                + "?peer=" + node.address();
        database = Database.open(folder.resolve("hostile.db"));
        hostile = new Libp2pHost(
                        HostConfig.of(PrivateKey.generate(new SecureRandom())).build(),
                        database,
                        InstantSource.system())
                .start();
        victim = PeerId.parse(node.peer());
        hostile.connect(victim, List.of(Multiaddr.parse(node.listenAddress())), TIMEOUT);
    }

    @AfterEach
    void stop() throws IOException {
        hostile.close();
        database.close();
        other.close();
        node.close();
    }

    private void othersAreServed(String clone) {
        other.guts().run("ping", node.address(), "-c", "1").succeeded();
        Path target = folder.resolve(clone);
        other.guts().run("clone", url, target.toString()).succeeded();
        fsck(target);
    }

    private Set<String> protocols() {
        return Eventually.eventually(
                "the node says what it serves",
                () -> hostile.identified(victim)
                        .map(said -> new TreeSet<>(said.protocols()))
                        .orElseGet(TreeSet::new),
                served -> served.stream().anyMatch(protocol -> protocol.startsWith("/guts/sync/")));
    }

    private static byte[] filled(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    /** Reads until the other side has enough; false if it has not within the time-out. */
    private static boolean ends(Stream stream) {
        stream.readTimeout(TIMEOUT);
        byte[] buffer = new byte[4096];
        try {
            int count;
            do {
                count = stream.read(buffer, 0, buffer.length);
            } while (count >= 0);
            return true;
        } catch (SocketTimeoutException still) {
            return false;
        } catch (IOException ended) {
            return true;
        }
    }

    @Test
    void garbage_and_oversized_frames_end_the_stream_on_every_protocol() throws IOException {
        Map<String, byte[]> inputs = new LinkedHashMap<>();
        inputs.put("a length that is no varint", filled(64, 0xff));
        inputs.put("a frame of 2 GiB", new byte[] {-1, -1, -1, -1, 7, 1, 2, 3});
        inputs.put("a frame that is no message", new byte[] {5, -1, -1, -1, -1, -1});
        Set<String> served = protocols();
        assertThat(served)
                .anyMatch(protocol -> protocol.contains("/kad/"))
                .anyMatch(name -> name.contains("/meshsub/"));
        for (String protocol : served) {
            for (Map.Entry<String, byte[]> input : inputs.entrySet()) {
                String what = protocol + ": " + input.getKey();
                try (Stream stream = hostile.open(victim, List.of(protocol), TIMEOUT)) {
                    stream.write(input.getValue());
                    if (protocol.startsWith("/ipfs/ping/")) {
                        // Anything is a ping: only its end is one.
                        stream.closeWrite();
                    }
                    assertThat(ends(stream)).as(what).isTrue();
                } catch (IOException ended) {
                    assertThat(ended).as(what).isNotInstanceOf(SocketTimeoutException.class);
                }
            }
        }
        assertThat(node.log()).doesNotContain("error ");
        othersAreServed("clone");
    }

    @Test
    void streams_without_end_are_refused() throws IOException {
        List<Stream> open = new ArrayList<>();
        int refused = 0;
        long memory = node.residentBytes();
        String sync = protocols().stream()
                .filter(name -> name.startsWith("/guts/sync/"))
                .findFirst()
                .orElseThrow();
        for (int number = 0; number < MANY_STREAMS && refused < 20; number++) {
            try {
                Stream stream = hostile.open(victim, List.of(sync), TIMEOUT);
                // Half a frame: the node has to wait for the rest.
                stream.write(new byte[] {100, 1, 2, 3});
                open.add(stream);
            } catch (IOException limit) {
                refused++;
            }
        }
        assertThat(refused).as("of " + open.size() + " that were opened").isPositive();
        othersAreServed("clone");
        assertThat(node.residentBytes() - memory).isLessThan(MEMORY_BYTES);
        open.forEach(Stream::reset);
        try (Stream after = hostile.open(victim, List.of("/ipfs/ping/1.0.0"), TIMEOUT)) {
            after.write(new byte[32]);
            after.readFully(new byte[32], 0, 32);
        }
    }
}
