package network.guts.libp2p;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.function.Supplier;
import network.guts.core.metrics.Metrics;

/** Keeps what is counted, for tests to look at. A histogram is what was observed: how often. */
final class Figures implements Metrics {
    private final Map<List<String>, DoubleAdder> counted = new ConcurrentHashMap<>();
    private final Map<String, Supplier<List<Sample>>> read = new ConcurrentHashMap<>();

    @Override
    public Counter counter(String name, String help, String... labels) {
        return (amount, values) -> at(name, values).add(amount);
    }

    @Override
    public Histogram histogram(String name, String help, List<Double> bounds, String... labels) {
        return (value, values) -> at(name, values).add(1);
    }

    @Override
    public void counter(String name, String help, List<String> labels, Supplier<List<Sample>> values) {
        read.put(name, values);
    }

    @Override
    public void gauge(String name, String help, List<String> labels, Supplier<List<Sample>> values) {
        read.put(name, values);
    }

    private DoubleAdder at(String name, String... labels) {
        List<String> key = new ArrayList<>(List.of(name));
        key.addAll(List.of(labels));
        return counted.computeIfAbsent(key, one -> new DoubleAdder());
    }

    /** The figure with these very labels; 0 if there is none. */
    double of(String name, String... labels) {
        Supplier<List<Sample>> values = read.get(name);
        return values == null
                ? at(name, labels).sum()
                : values.get().stream()
                        .filter(sample -> sample.labels().equals(List.of(labels)))
                        .mapToDouble(Sample::value)
                        .sum();
    }
}
