package network.guts.sync.wire;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One test vector: a flat JSON object of strings, one on a line, so that a few lines of any language read it. Bytes are
 * hexadecimal; a vector with a {@code reason} is invalid, and the reason says why.
 */
record Vector(Map<String, String> fields) {
    static final Path FOLDER = Path.of("src/test/resources/vectors");

    private static final Pattern FIELD = Pattern.compile("\"([a-z]+)\": \"([^\"]*)\"");

    static Vector of(String... namesAndValues) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            if (namesAndValues[i + 1].matches(".*[\"\\\\\\p{Cntrl}].*")) {
                throw new IllegalArgumentException("a vector's texts need no escapes: " + namesAndValues[i + 1]);
            }
            fields.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return new Vector(fields);
    }

    static List<Vector> read(String file) throws IOException {
        List<Vector> vectors = new ArrayList<>();
        for (String line : Files.readAllLines(FOLDER.resolve(file))) {
            Map<String, String> fields = new LinkedHashMap<>();
            Matcher matcher = FIELD.matcher(line);
            while (matcher.find()) {
                fields.put(matcher.group(1), matcher.group(2));
            }
            if (!fields.isEmpty()) {
                vectors.add(new Vector(fields));
            }
        }
        return vectors;
    }

    static String json(List<Vector> vectors) {
        StringBuilder out = new StringBuilder("[\n");
        for (int i = 0; i < vectors.size(); i++) {
            List<String> fields = new ArrayList<>();
            vectors.get(i).fields.forEach((name, value) -> fields.add("\"" + name + "\": \"" + value + "\""));
            out.append("  {").append(String.join(", ", fields)).append(i + 1 < vectors.size() ? "},\n" : "}\n");
        }
        return out.append("]\n").toString();
    }

    String get(String name) {
        @Nullable String value = fields.get(name);
        if (value == null) {
            throw new AssertionError("vector without " + name + ": " + this);
        }
        return value;
    }

    boolean valid() {
        return !fields.containsKey("reason");
    }

    @Override
    public String toString() {
        return fields.getOrDefault("name", "unnamed");
    }
}
