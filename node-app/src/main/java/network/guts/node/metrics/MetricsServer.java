package network.guts.node.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import network.guts.node.metrics.PrometheusMetrics.Format;
import network.guts.node.output.Json;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves {@code GET /metrics} and {@code GET /health} on a loopback address, to programs on this machine. A page in a browser
 * is kept out: it would come with a name in {@code Host} that is not this machine's, whatever that name resolves to.
 */
public final class MetricsServer implements AutoCloseable {
    /** How far a node has come. */
    public enum Health {
        STARTING,
        READY,
        STOPPING;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** A collector, a health check and somebody who looks need few; what is beyond is closed at once. */
    private static final int MAX_CONNECTIONS = 32;

    /** A request is a line and a few headers. */
    private static final int MAX_HEADER_BYTES = 16 * 1024;

    private static final int REQUEST_SECONDS = 10;
    private static final int RESPONSE_SECONDS = 30;
    private static final int BACKLOG = 16;
    private static final String PLAIN = "text/plain; charset=utf-8";
    private static final Logger LOG = LoggerFactory.getLogger(MetricsServer.class);

    static {
        // The JDK's server takes its bounds from here alone, and has none for time or connections by default. Whoever
        // starts the process may say otherwise.
        Map.of(
                        "jdk.httpserver.maxConnections", MAX_CONNECTIONS,
                        "sun.net.httpserver.maxIdleConnections", MAX_CONNECTIONS,
                        "sun.net.httpserver.maxReqHeaderSize", MAX_HEADER_BYTES,
                        "sun.net.httpserver.maxReqTime", REQUEST_SECONDS,
                        "sun.net.httpserver.maxRspTime", RESPONSE_SECONDS)
                .forEach((name, value) -> {
                    if (System.getProperty(name) == null) {
                        System.setProperty(name, value.toString());
                    }
                });
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final PrometheusMetrics metrics;
    private final Supplier<Health> health;

    private MetricsServer(HttpServer server, PrometheusMetrics metrics, Supplier<Health> health) {
        this.server = server;
        this.metrics = metrics;
        this.health = health;
    }

    /**
     * Begins to serve.
     *
     * @param address a loopback address; port 0 takes a free one
     * @throws IOException if the port is taken
     */
    public static MetricsServer open(InetSocketAddress address, PrometheusMetrics metrics, Supplier<Health> health)
            throws IOException {
        if (!address.getAddress().isLoopbackAddress()) {
            throw new IllegalArgumentException(address + " is no loopback address");
        }
        HttpServer server = HttpServer.create(address, BACKLOG);
        MetricsServer opened = new MetricsServer(server, metrics, health);
        server.createContext("/", opened::handle);
        server.setExecutor(opened.threads);
        server.start();
        LOG.info("metrics are served at {}", opened.metricsAddress());
        return opened;
    }

    /** Where the metrics are. */
    public URI metricsAddress() {
        InetSocketAddress bound = server.getAddress();
        String host = bound.getAddress().getHostAddress();
        String name = host.contains(":") ? "[" + host + "]" : host;
        return URI.create("http://" + name + ":" + bound.getPort() + "/metrics");
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String host = Optional.ofNullable(exchange.getRequestHeaders().getFirst("Host"))
                    .orElse("");
            String method = exchange.getRequestMethod();
            if (!isThisMachine(host)) {
                send(exchange, 403, PLAIN, "only this machine is served, by its loopback address\n".getBytes(UTF_8));
            } else if (!method.equals("GET") && !method.equals("HEAD")) {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                send(exchange, 405, PLAIN, "only GET and HEAD\n".getBytes(UTF_8));
            } else {
                get(exchange);
            }
        }
    }

    private void get(HttpExchange exchange) throws IOException {
        switch (exchange.getRequestURI().getPath()) {
            case "/metrics" -> {
                Format format = Format.accepted(
                        Optional.ofNullable(exchange.getRequestHeaders().getFirst("Accept"))
                                .orElse(""));
                send(exchange, 200, format.contentType(), metrics.write(format));
            }
            case "/health" -> {
                Health now = health.get();
                byte[] body = (Json.write(Map.of("status", now.label())) + "\n").getBytes(UTF_8);
                send(exchange, now == Health.READY ? 200 : 503, "application/json", body);
            }
            case null, default -> send(exchange, 404, PLAIN, "there are /metrics and /health\n".getBytes(UTF_8));
        }
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
            exchange.sendResponseHeaders(status, -1);
        } else {
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    /** True if {@code host}, with or without a port, is {@code localhost} or a loopback address as a number. */
    static boolean isThisMachine(String host) {
        String name = host.replaceFirst(":\\d{1,5}$", "");
        if (name.equalsIgnoreCase("localhost")) {
            return true;
        }
        boolean bracketed = name.startsWith("[") && name.endsWith("]");
        String literal = bracketed ? name.substring(1, name.length() - 1) : name;
        try {
            return InetAddress.ofLiteral(literal).isLoopbackAddress();
        } catch (IllegalArgumentException notANumber) {
            return false;
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
