package network.guts.node.metrics;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Prometheus text 0.0.4 as a strict reader has it: what a collector would overlook or refuse is an error.
 *
 * @param families by name, in order
 */
public record Exposition(Map<String, Family> families) {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]*");
    private static final Pattern SAMPLE =
            Pattern.compile("([a-z][a-z0-9_]*)(?:\\{([^{}]*)\\})? ([-+]?[0-9.eE+-]+|[+-]Inf|NaN)");
    private static final Pattern LABEL = Pattern.compile("([a-z][a-z0-9_]*)=\"((?:[^\"\\\\]|\\\\[\\\\\"n])*)\"(?:,|$)");

    /** What has one name. */
    public record Family(String name, String type, List<Sample> samples) {
        /** Names of its labels, without that of buckets. */
        public List<String> labels() {
            return samples.stream()
                    .flatMap(sample -> sample.labels().keySet().stream())
                    .filter(label -> !label.equals("le"))
                    .distinct()
                    .toList();
        }
    }

    /** One line with a figure. */
    public record Sample(String name, Map<String, String> labels, double value) {}

    /**
     * @throws IllegalArgumentException with the line, if something is wrong with it
     */
    public static Exposition parse(String text) {
        Map<String, Family> families = new LinkedHashMap<>();
        Optional<String> help = Optional.empty();
        Optional<Family> family = Optional.empty();
        require(text.endsWith("\n"), "the last line has no end");
        for (String line : text.split("\n")) {
            String[] words = line.split(" ", 4);
            if (line.startsWith("# HELP ")) {
                require(words.length == 4 && !words[3].isBlank() && help.isEmpty(), line);
                help = Optional.of(words[2]);
            } else if (line.startsWith("# TYPE ")) {
                require(words.length == 4 && help.equals(Optional.of(words[2])), line);
                require(List.of("counter", "gauge", "histogram").contains(words[3]), line);
                require(NAME.matcher(words[2]).matches(), line);
                require(words[3].equals("counter") == words[2].endsWith("_total"), line);
                family = Optional.of(new Family(words[2], words[3], new ArrayList<>()));
                require(families.putIfAbsent(words[2], family.get()) == null, line);
                help = Optional.empty();
            } else {
                require(help.isEmpty() && family.isPresent(), line);
                Sample sample = sample(line);
                require(belongs(sample, family.get()), line);
                require(
                        family.get().samples().stream()
                                .noneMatch(other -> other.name().equals(sample.name())
                                        && other.labels().equals(sample.labels())),
                        line);
                family.get().samples().add(sample);
            }
        }
        families.values().forEach(Exposition::check);
        return new Exposition(families);
    }

    private static Sample sample(String line) {
        Matcher match = SAMPLE.matcher(line);
        require(match.matches(), line);
        Map<String, String> labels = new LinkedHashMap<>();
        String text = match.group(2) == null ? "" : match.group(2);
        Matcher label = LABEL.matcher(text);
        int at = 0;
        while (at < text.length()) {
            require(label.find(at) && label.start() == at, line);
            require(labels.put(label.group(1), label.group(2)) == null, line);
            at = label.end();
        }
        String value = match.group(3);
        return new Sample(
                match.group(1), labels, value.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(value));
    }

    private static boolean belongs(Sample sample, Family family) {
        if (!family.type().equals("histogram")) {
            return sample.name().equals(family.name()) && !sample.labels().containsKey("le");
        }
        boolean bucket = sample.name().equals(family.name() + "_bucket");
        return bucket == sample.labels().containsKey("le")
                && (bucket
                        || sample.name().equals(family.name() + "_sum")
                        || sample.name().equals(family.name() + "_count"));
    }

    /** Counters are not negative; a histogram's buckets rise, and the last is the count. */
    private static void check(Family family) {
        if (family.type().equals("counter")) {
            family.samples().forEach(sample -> require(sample.value() >= 0, sample.toString()));
        }
        if (family.type().equals("histogram")) {
            Map<Map<String, String>, Double> last = new LinkedHashMap<>();
            Map<Map<String, String>, String> bounds = new LinkedHashMap<>();
            for (Sample sample : family.samples()) {
                Map<String, String> labels = new LinkedHashMap<>(sample.labels());
                String bound = labels.remove("le");
                if (bound != null) {
                    require(sample.value() >= last.getOrDefault(labels, 0.0), sample.toString());
                    last.put(labels, sample.value());
                    bounds.put(labels, bound);
                } else if (sample.name().endsWith("_count")) {
                    require("+Inf".equals(bounds.get(labels)), sample.toString());
                    require(last.getOrDefault(labels, -1.0) == sample.value(), sample.toString());
                }
            }
        }
    }

    private static void require(boolean good, String line) {
        if (!good) {
            throw new IllegalArgumentException("not Prometheus text: " + line);
        }
    }

    /** The sum of the figures with these labels, whatever other labels they have; 0 if there are none. */
    public double sum(String name, String... labels) {
        Map<String, String> wanted = new LinkedHashMap<>();
        for (int i = 0; i < labels.length; i += 2) {
            wanted.put(labels[i], labels[i + 1]);
        }
        return families.values().stream()
                .flatMap(family -> family.samples().stream())
                .filter(sample ->
                        sample.name().equals(name) && sample.labels().entrySet().containsAll(wanted.entrySet()))
                .mapToDouble(Sample::value)
                .sum();
    }

    /** As {@link #sum}, of what is counted in whole numbers. */
    public long count(String name, String... labels) {
        double sum = sum(name, labels);
        require(sum == Math.rint(sum), name + " is " + sum);
        return (long) sum;
    }
}
