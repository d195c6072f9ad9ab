package network.guts.node.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import network.guts.core.Multiaddr;
import network.guts.node.config.ConfigLoader;
import network.guts.node.config.Key;
import network.guts.node.control.ControlClient;
import network.guts.node.control.Request;
import network.guts.node.daemon.Home;
import network.guts.node.daemon.NodeRuntime;
import network.guts.node.metrics.Exposition.Family;
import network.guts.node.output.Failure;
import network.guts.sync.Progress;
import network.guts.sync.Repositories.FetchOptions;
import network.guts.sync.Repositories.Fetched;
import network.guts.sync.Repositories.PublishOptions;
import network.guts.sync.Repositories.Published;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The figures of whole nodes that publish, seed and clone, against what happened and against what is documented. */
class NodeMetricsTest {
    private static final Path CATALOGUE = Path.of("..", "docs", "operations", "metrics.md");
    private static final Pattern ROW =
            Pattern.compile("\\| `(guts_[a-z0-9_]+)` \\| (counter|gauge|histogram) \\| ([a-z, ]*)\\| .+ \\|");
    private static final PublishOptions PUBLISH =
            new PublishOptions(Optional.of("measured"), Optional.empty(), Optional.empty(), false);
    private static final FetchOptions FETCH = new FetchOptions(1, Duration.ofMinutes(1), Optional.empty());

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @TempDir
    Path folder;

    private NodeRuntime start(String name, String metrics, List<Multiaddr> bootstrap) throws Failure {
        Home home = new Home(folder.resolve(name));
        return NodeRuntime.start(
                home,
                ConfigLoader.load(
                                home.config(),
                                Map.of(),
                                Map.of(
                                        Key.NETWORK, List.of("private"),
                                        Key.LISTEN, List.of("/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"),
                                        Key.METRICS, List.of(metrics),
                                        Key.BOOTSTRAP,
                                                bootstrap.stream()
                                                        .map(Multiaddr::toString)
                                                        .toList()))
                        .config(),
                NodeRuntime.Options.ORDINARY);
    }

    /** What is answered, if all is well. */
    private static String get(URI uri) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
        connection.setConnectTimeout((int) PATIENCE.toMillis());
        connection.setReadTimeout((int) PATIENCE.toMillis());
        try (InputStream body = connection.getInputStream()) {
            return new String(body.readAllBytes(), UTF_8);
        }
    }

    private static Exposition scrape(NodeRuntime node) {
        try {
            return Exposition.parse(get(node.metricsAddress().orElseThrow()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path repository() throws Exception {
        Path work = Files.createDirectory(folder.resolve("work"));
        git(work, "init", "-q", "-b", "main");
        byte[] noise = new byte[300_000];
        new java.util.SplittableRandom(1).nextBytes(noise);
        Files.write(work.resolve("noise"), noise);
        git(work, "add", ".");
        git(work, "-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-q", "-m", "First");
        return work;
    }

    private static void git(Path work, String... words) throws Exception {
        ProcessBuilder git = new ProcessBuilder("git").directory(work.toFile()).inheritIO();
        git.command().addAll(List.of(words));
        Process process = git.start();
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).isZero();
    }

    @Test
    void theFiguresOfNodesThatPublishSeedAndCloneAreRightAndDocumented() throws Exception {
        try (NodeRuntime a = start("a", "127.0.0.1:0", List.of());
                NodeRuntime b = start("b", "127.0.0.1:0", a.fullAddresses());
                NodeRuntime c = start("c", "localhost:0", a.fullAddresses())) {
            eventually(() ->
                    scrape(a).count("guts_dht_table_peers") == 2 && scrape(b).count("guts_dht_table_peers") > 0);
            Published published = a.repositories().publish(repository(), PUBLISH, Progress.NONE);
            assertThat(scrape(a).count("guts_sync_objects_indexed_total", "origin", "local"))
                    .isEqualTo(published.objects())
                    .isGreaterThan(2);
            eventually(() -> scrape(a).count("guts_sync_disk_bytes") == published.bytes());
            eventually(() -> scrape(a).count("guts_dht_lookup_seconds_count", "kind", "provide", "result", "ok") > 0);

            Fetched seeded = b.repositories().seed(published.repository(), List.of(), Progress.NONE);
            assertThat(seeded.bytes()).isEqualTo(published.bytes());
            Exposition ofB = scrape(b);
            assertThat(ofB.count("guts_sync_fetched_bytes_total")).isEqualTo(seeded.bytes());
            assertThat(ofB.count("guts_sync_objects_indexed_total", "origin", "fetched"))
                    .isEqualTo(seeded.objects());
            assertThat(ofB.count("guts_sync_fetch_seconds_count", "result", "updated"))
                    .isEqualTo(1);
            assertThat(ofB.count("guts_sync_chunks_received_total", "result", "wrong"))
                    .isZero();
            // Counted once the last byte was handed over, which the other side may have read by then.
            eventually(() -> scrape(a).count("guts_sync_served_bytes_total", "kind", "chunks") == seeded.bytes());
            long chunks = ofB.count("guts_sync_chunks_received_total", "result", "verified");
            assertThat(scrape(a).count("guts_sync_requests_received_total", "type", "get_chunks"))
                    .isEqualTo(chunks);
            eventually(() -> scrape(b).count("guts_sync_repositories", "policy", "seeded") == 1);

            Fetched cloned = c.repositories().fetch(published.repository(), List.of(), FETCH, Progress.NONE);
            Exposition ofC = scrape(c);
            assertThat(ofC.count("guts_sync_fetched_bytes_total")).isEqualTo(cloned.bytes());
            assertThat(ofC.count("guts_sync_fetch_seconds_count", "result", "updated"))
                    .isEqualTo(1);
            assertThat(ofC.count("guts_host_received_bytes_total", "protocol", "/guts/sync/1.0.0"))
                    .isGreaterThan(cloned.bytes());
            eventually(() -> scrape(c).count("guts_sync_repositories", "policy", "kept") == 1);

            new ControlClient(c.home().path())
                    .call(Request.of("ping").with("address", a.fullAddresses().getFirst()), event -> {});
            assertThat(scrape(c).count("guts_host_ping_seconds_count")).isGreaterThanOrEqualTo(1);
            for (NodeRuntime node : List.of(a, b, c)) {
                eventually(() -> scrape(node).count("guts_host_connections")
                        == node.host().connections().size());
                assertThat(scrape(node).count("guts_host_connections_opened_total"))
                        .isGreaterThanOrEqualTo(scrape(node).count("guts_host_connections"));
            }
            eventually(() -> scrape(a).count("guts_gossip_messages_published_total") > 0);
            assertDocumented(List.of(scrape(a), scrape(b), scrape(c)));
        }
    }

    /** All that is documented is there, and all that is there is documented, with its type and its labels. */
    private static void assertDocumented(List<Exposition> nodes) throws IOException {
        Map<String, String> served = new TreeMap<>();
        for (Exposition node : nodes) {
            for (Family family : node.families().values()) {
                // A family without a sample says nothing of its labels: another node has one.
                if (!family.samples().isEmpty()) {
                    served.put(family.name(), family.type() + " " + new TreeSet<>(family.labels()));
                }
            }
        }
        Map<String, String> documented = new TreeMap<>();
        for (String line : Files.readAllLines(CATALOGUE)) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                TreeSet<String> labels =
                        new TreeSet<>(Arrays.asList(row.group(3).strip().split(", ")));
                labels.remove("");
                documented.put(row.group(1), row.group(2) + " " + labels);
            }
        }
        assertThat(served).isEqualTo(documented);
    }

    @Test
    void healthFollowsTheNodeAndItsAddressIsTold() throws Exception {
        URI health;
        try (NodeRuntime a = start("a", "127.0.0.1:0", List.of())) {
            URI metrics = a.metricsAddress().orElseThrow();
            health = metrics.resolve("/health");
            assertThat(get(health)).isEqualTo("{\"status\":\"ready\"}\n");
            new ControlClient(a.home().path())
                    .call(
                            Request.of("status"),
                            status -> assertThat(status.text("metrics")).isEqualTo(metrics.toString()));
            String taken = "127.0.0.1:" + metrics.getPort();
            Failure failure = catchThrowableOfType(Failure.class, () -> start("b", taken, List.of()));
            assertThat(failure.message()).contains(Integer.toString(metrics.getPort()));
            assertThat(failure.hint()).contains("--metrics");
        }
        assertThat(catchThrowableOfType(IOException.class, () -> get(health))).isNotNull();
    }

    private static void eventually(BooleanSupplier condition) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("within a minute").isLessThan(end);
            LockSupport.parkNanos(100_000_000);
        }
    }
}
