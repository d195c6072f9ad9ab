package network.guts.node.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicReference;
import network.guts.node.metrics.MetricsServer.Health;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The endpoint, byte by byte. */
class MetricsServerTest {
    private static final int PATIENCE_MILLIS = 60_000;

    private final AtomicReference<Health> health = new AtomicReference<>(Health.READY);
    private MetricsServer server;

    @BeforeEach
    void open() throws IOException {
        PrometheusMetrics metrics = new PrometheusMetrics();
        metrics.gauge("guts_test", "For a test.", () -> 7);
        server = MetricsServer.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), metrics, health::get);
    }

    @AfterEach
    void close() {
        server.close();
    }

    private String send(String request) throws IOException {
        try (Socket socket = new Socket(
                InetAddress.getLoopbackAddress(), server.metricsAddress().getPort())) {
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.getOutputStream().write(request.getBytes(UTF_8));
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        }
    }

    private String get(String path, String... headers) throws IOException {
        return ask("GET", path, "localhost:" + server.metricsAddress().getPort(), headers);
    }

    private String ask(String method, String path, String host, String... headers) throws IOException {
        StringBuilder request = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\n");
        for (String header : headers) {
            request.append(header).append("\r\n");
        }
        return send(request.append("Connection: close\r\n\r\n").toString());
    }

    @Test
    void figuresComeInBothFormats() throws Exception {
        String text = get("/metrics");
        assertThat(text).startsWith("HTTP/1.1 200").contains("text/plain; version=0.0.4");
        assertThat(Exposition.parse(text.substring(text.indexOf("\r\n\r\n") + 4))
                        .sum("guts_test"))
                .isEqualTo(7);
        assertThat(get("/metrics", "Accept: application/openmetrics-text; version=1.0.0, text/plain;q=0.5"))
                .contains("application/openmetrics-text; version=1.0.0")
                .endsWith("# EOF\n");
    }

    @Test
    void healthIsThatOfTheNode() throws Exception {
        assertThat(get("/health")).startsWith("HTTP/1.1 200").endsWith("{\"status\":\"ready\"}\n");
        health.set(Health.STARTING);
        assertThat(get("/health")).startsWith("HTTP/1.1 503").endsWith("{\"status\":\"starting\"}\n");
        health.set(Health.STOPPING);
        assertThat(get("/health")).startsWith("HTTP/1.1 503").endsWith("{\"status\":\"stopping\"}\n");
    }

    @Test
    void nothingElseIsThereAndNothingCanBeSent() throws Exception {
        assertThat(get("/")).startsWith("HTTP/1.1 404");
        assertThat(get("/metrics/x")).startsWith("HTTP/1.1 404");
        String host = "127.0.0.1";
        assertThat(ask("POST", "/metrics", host, "Content-Length: 0"))
                .startsWith("HTTP/1.1 405")
                .contains("Allow: GET, HEAD");
        assertThat(ask("DELETE", "/health", host)).startsWith("HTTP/1.1 405");
        String head = ask("HEAD", "/metrics", host);
        assertThat(head).startsWith("HTTP/1.1 200").endsWith("\r\n\r\n").containsIgnoringCase("content-length: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "attacker.example",
                "attacker.example:9100",
                "192.168.1.2",
                "127.0.0.1.attacker.example",
                "",
                "[::2]"
            })
    void aPageThatLetsItsNamePointHereIsRefused(String host) throws Exception {
        assertThat(ask("GET", "/metrics", host)).startsWith("HTTP/1.1 403").doesNotContain("guts_test");
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "LocalHost:1", "127.0.0.1", "127.0.0.1:9100", "[::1]:9100"})
    void thisMachineIsServed(String host) throws Exception {
        assertThat(ask("GET", "/metrics", host)).startsWith("HTTP/1.1 200").contains("guts_test 7.0");
    }

    /** The module's tests run with a shorter bound than a node does. */
    @Test
    void aRequestThatDoesNotComeToAnEndIsEnded() throws Exception {
        assertThat(send("GET /metrics HTTP/1.1\r\nHost: local")).doesNotContain("guts_test");
        assertThat(get("/health")).startsWith("HTTP/1.1 200");
    }

    @Test
    void onlyLoopbackIsListenedOn() {
        InetSocketAddress everywhere = new InetSocketAddress("0.0.0.0", 0);
        assertThatThrownBy(() -> MetricsServer.open(everywhere, new PrometheusMetrics(), health::get))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
