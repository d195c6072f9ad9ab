package network.guts.node.metrics;

import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import network.guts.core.metrics.Metrics;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps what a node counts, and writes it down in Prometheus' formats. Thread-safe. */
public final class PrometheusMetrics implements Metrics {
    /** The formats that are spoken. */
    public enum Format {
        /** Prometheus text 0.0.4. */
        TEXT,
        /** OpenMetrics 1.0.0 text. */
        OPEN_METRICS;

        private ExpositionFormatWriter writer() {
            return switch (this) {
                case TEXT -> TEXT_WRITER;
                case OPEN_METRICS -> OPEN_METRICS_WRITER;
            };
        }

        public String contentType() {
            return writer().getContentType();
        }

        /** What somebody wants who sends this {@code Accept}: text unless OpenMetrics is named. */
        public static Format accepted(String accept) {
            return OPEN_METRICS.writer().accepts(accept) ? OPEN_METRICS : TEXT;
        }
    }

    private static final ExpositionFormatWriter TEXT_WRITER = PrometheusTextFormatWriter.create();
    private static final ExpositionFormatWriter OPEN_METRICS_WRITER = OpenMetricsTextFormatWriter.create();
    private static final Logger LOG = LoggerFactory.getLogger(PrometheusMetrics.class);

    /** Something that was registered, and as what. */
    private record Registered(Object instrument, Class<?> type, List<String> labels) {}

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Registered> registered = new TreeMap<>();

    @Override
    public Counter counter(String name, String help, String... labels) {
        return known(name, Counter.class, List.of(labels), key -> {
            var counter = io.prometheus.metrics.core.metrics.Counter.builder()
                    .name(name)
                    .help(help)
                    .labelNames(labels)
                    .withoutExemplars()
                    .register(registry);
            return labels.length == 0
                    ? (amount, values) -> counter.inc(amount)
                    : (amount, values) -> counter.labelValues(values).inc(amount);
        });
    }

    @Override
    public Histogram histogram(String name, String help, List<Double> bounds, String... labels) {
        return known(name, Histogram.class, List.of(labels), key -> {
            var histogram = io.prometheus.metrics.core.metrics.Histogram.builder()
                    .name(name)
                    .help(help)
                    .labelNames(labels)
                    .classicOnly()
                    .classicUpperBounds(
                            bounds.stream().mapToDouble(Double::doubleValue).toArray())
                    .withoutExemplars()
                    .register(registry);
            return labels.length == 0
                    ? (value, values) -> histogram.observe(value)
                    : (value, values) -> histogram.labelValues(values).observe(value);
        });
    }

    private <T> T known(String name, Class<T> type, List<String> labels, Function<String, T> make) {
        lock.lock();
        try {
            Registered there = registered.get(name);
            if (there == null) {
                there = new Registered(make.apply(name), type, labels);
                registered.put(name, there);
            }
            if (there.type() != type || !there.labels().equals(labels)) {
                throw new IllegalArgumentException(name + " is in use for something else");
            }
            return type.cast(there.instrument());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void counter(String name, String help, List<String> labels, Supplier<List<Sample>> values) {
        fresh(
                name,
                labels,
                values,
                () -> CounterWithCallback.builder()
                        .name(name)
                        .help(help)
                        .labelNames(labels.toArray(String[]::new))
                        .callback(callback -> read(name, values)
                                .forEach(sample -> callback.call(
                                        sample.value(), sample.labels().toArray(String[]::new))))
                        .register(registry));
    }

    @Override
    public void gauge(String name, String help, List<String> labels, Supplier<List<Sample>> values) {
        fresh(
                name,
                labels,
                values,
                () -> GaugeWithCallback.builder()
                        .name(name)
                        .help(help)
                        .labelNames(labels.toArray(String[]::new))
                        .callback(callback -> read(name, values)
                                .forEach(sample -> callback.call(
                                        sample.value(), sample.labels().toArray(String[]::new))))
                        .register(registry));
    }

    private void fresh(String name, List<String> labels, Object source, Runnable register) {
        lock.lock();
        try {
            if (registered.putIfAbsent(name, new Registered(source, Supplier.class, labels)) != null) {
                throw new IllegalArgumentException(name + " is in use");
            }
            register.run();
        } finally {
            lock.unlock();
        }
    }

    /** One figure that cannot be found out must not hide the others. */
    private static List<Sample> read(String name, Supplier<List<Sample>> values) {
        try {
            return values.get();
        } catch (RuntimeException e) {
            LOG.warn("{} cannot be found out: {}", name, e.toString());
            return List.of();
        }
    }

    /** All figures as they are now. */
    public byte[] write(Format format) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        format.writer().write(out, registry.scrape());
        return out.toByteArray();
    }
}
