package network.guts.node.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import network.guts.core.metrics.Metrics.Sample;
import network.guts.node.metrics.PrometheusMetrics.Format;
import org.junit.jupiter.api.Test;

class PrometheusMetricsTest {
    private final PrometheusMetrics metrics = new PrometheusMetrics();

    private Exposition read() throws IOException {
        return Exposition.parse(new String(metrics.write(Format.TEXT), UTF_8));
    }

    @Test
    void whatIsCountedIsWritten() throws Exception {
        metrics.counter("guts_a_total", "As.", "kind").add(2, "x");
        metrics.counter("guts_a_total", "As.", "kind").increment("x");
        metrics.counter("guts_a_total", "As.", "kind").add(0, "y \"z\"\\");
        metrics.counter("guts_plain_total", "No labels.").add(1.5);
        metrics.histogram("guts_h_seconds", "Hs.", List.of(0.1, 1.0), "kind").observe(0.5, "x");
        metrics.histogram("guts_h_seconds", "Hs.", List.of(0.1, 1.0), "kind").observe(7, "x");
        metrics.gauge("guts_g", "A g.", () -> -3);
        metrics.counter(
                "guts_read_total", "Read.", List.of("kind"), () -> List.of(new Sample(9, "x"), new Sample(1, "y")));
        Exposition read = read();
        assertThat(read.sum("guts_a_total", "kind", "x")).isEqualTo(3);
        assertThat(requireNonNull(read.families().get("guts_a_total")).samples())
                .hasSize(2);
        assertThat(read.sum("guts_plain_total")).isEqualTo(1.5);
        assertThat(read.sum("guts_h_seconds_count", "kind", "x")).isEqualTo(2);
        assertThat(read.sum("guts_h_seconds_sum", "kind", "x")).isEqualTo(7.5);
        assertThat(read.sum("guts_h_seconds_bucket", "le", "1.0")).isEqualTo(1);
        assertThat(read.sum("guts_g")).isEqualTo(-3);
        assertThat(read.sum("guts_read_total")).isEqualTo(10);
        assertThat(new String(metrics.write(Format.OPEN_METRICS), UTF_8))
                .contains("guts_a_total{kind=\"x\"} 3.0")
                .endsWith("# EOF\n");
    }

    @Test
    void oneFigureThatCannotBeFoundOutDoesNotHideTheOthers() throws Exception {
        metrics.gauge("guts_broken", "Fails.", () -> {
            throw new IllegalStateException("for a test");
        });
        metrics.gauge("guts_g", "A g.", () -> 1);
        assertThat(read().sum("guts_g")).isEqualTo(1);
        assertThat(read().sum("guts_broken")).isZero();
    }

    @Test
    void aNameIsForOneThing() {
        metrics.counter("guts_a_total", "As.", "kind");
        metrics.gauge("guts_g", "A g.", () -> 1);
        assertThatThrownBy(() -> metrics.counter("guts_a_total", "As.", "other"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> metrics.histogram("guts_a_total", "As.", List.of(1.0), "kind"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> metrics.gauge("guts_g", "A g.", () -> 2)).isInstanceOf(IllegalArgumentException.class);
    }
}
