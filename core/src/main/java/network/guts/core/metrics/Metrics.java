package network.guts.core.metrics;

import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * Where a module's shell counts what it does. Thread-safe, and cheap enough for every message.
 *
 * <p>Names are those of Prometheus: {@code guts_<module>_<what>_<unit>}, counters end in {@code _total}, times are in
 * seconds and sizes in bytes. A label's values are few and chosen by this program, never by a remote: each combination is
 * kept for as long as the process lives.
 *
 * @see <a href="https://prometheus.io/docs/practices/naming/">metric and label naming</a>
 */
public interface Metrics {
    /** Where nobody wants to know. */
    static Metrics none() {
        return NoMetrics.INSTANCE;
    }

    /** Buckets for what takes from a millisecond on loopback to a minute, in seconds. */
    List<Double> SECONDS = List.of(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0);

    /**
     * Something that only rises. Asked for twice with one name, it is the same one.
     *
     * @param labels the names of its labels
     * @throws IllegalArgumentException if {@code name} is in use for something else
     */
    Counter counter(String name, String help, String... labels);

    /**
     * Something that only rises and is counted elsewhere, for where a count for each event would cost too much.
     *
     * @param labels the names of its labels
     * @param values read when it is asked for: waits for nothing but this process
     * @throws IllegalArgumentException if {@code name} is in use
     */
    void counter(String name, String help, List<String> labels, Supplier<List<Sample>> values);

    /**
     * How values are spread over buckets.
     *
     * @param bounds upper bounds of the buckets, rising; one more takes what is larger
     * @param labels the names of its labels
     * @throws IllegalArgumentException if {@code name} is in use for something else
     */
    Histogram histogram(String name, String help, List<Double> bounds, String... labels);

    /**
     * Something that rises and falls.
     *
     * @param value read when it is asked for: waits for nothing but this process
     * @throws IllegalArgumentException if {@code name} is in use
     */
    default void gauge(String name, String help, DoubleSupplier value) {
        gauge(name, help, List.of(), () -> List.of(new Sample(value.getAsDouble())));
    }

    /**
     * As {@link #gauge(String, String, DoubleSupplier)}, with labels.
     *
     * @param labels the names of its labels
     * @param values read when it is asked for: waits for nothing but this process
     */
    void gauge(String name, String help, List<String> labels, Supplier<List<Sample>> values);

    /** Something that only rises. */
    @FunctionalInterface
    interface Counter {
        /**
         * @param amount not negative; zero makes it known that these labels may come
         * @param labels as many values as there are names
         */
        void add(double amount, String... labels);

        default void increment(String... labels) {
            add(1, labels);
        }
    }

    /** How values are spread. */
    @FunctionalInterface
    interface Histogram {
        /**
         * @param labels as many values as there are names
         */
        void observe(double value, String... labels);
    }

    /**
     * One value of what is read when it is asked for.
     *
     * @param labels as many values as it has labels
     */
    record Sample(double value, List<String> labels) {
        public Sample {
            labels = List.copyOf(labels);
        }

        public Sample(double value, String... labels) {
            this(value, List.of(labels));
        }
    }
}
