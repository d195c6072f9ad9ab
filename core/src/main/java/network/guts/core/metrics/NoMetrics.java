package network.guts.core.metrics;

import java.util.List;
import java.util.function.Supplier;

/** Counts nothing. */
final class NoMetrics implements Metrics {
    static final NoMetrics INSTANCE = new NoMetrics();

    private NoMetrics() {}

    @Override
    public Counter counter(String name, String help, String... labels) {
        return (amount, values) -> {};
    }

    @Override
    public Histogram histogram(String name, String help, List<Double> bounds, String... labels) {
        return (value, values) -> {};
    }

    @Override
    public void counter(String name, String help, List<String> labels, Supplier<List<Sample>> values) {}

    @Override
    public void gauge(String name, String help, List<String> labels, Supplier<List<Sample>> values) {}
}
