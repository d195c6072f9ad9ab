package network.guts.node.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import network.guts.node.output.Printable;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/** Reads a configuration: defaults, over them {@code config.toml}, over it the environment, over it the flags. */
public final class ConfigLoader {
    /** A longer file is no configuration. */
    private static final long MAX_FILE = 1 << 20;

    private ConfigLoader() {}

    /**
     * A value as it was written, and where.
     *
     * @param source "config.toml:3:10", "GUTS_LISTEN" or "--listen": for the message if it is wrong
     */
    public record Raw(List<String> values, String source) {
        public Raw {
            values = List.copyOf(values);
        }
    }

    /** A configuration with where each value that is no default came from. */
    public record Loaded(Config config, Map<Key, String> sources) {}

    /**
     * @param file need not exist
     * @param flags what the command line says
     * @throws Failure USAGE with file, line and column, if anything in it is wrong
     */
    public static Loaded load(Path file, Map<String, String> environment, Map<Key, List<String>> flags) throws Failure {
        Map<Key, Raw> raw = new EnumMap<>(Key.class);
        raw.putAll(readFile(file));
        for (Key key : Key.values()) {
            String value = environment.get(key.variable());
            if (value != null) {
                raw.put(key, new Raw(key.kind() == Key.Kind.LIST ? split(value) : List.of(value), key.variable()));
            }
        }
        flags.forEach((key, values) -> raw.put(
                key,
                new Raw(
                        key.kind() == Key.Kind.LIST
                                ? values.stream()
                                        .flatMap(v -> split(v).stream())
                                        .toList()
                                : values,
                        key.flag())));
        Map<Key, String> sources = new LinkedHashMap<>();
        raw.forEach((key, value) -> sources.put(key, value.source()));
        return new Loaded(new ConfigValues(raw, file.toAbsolutePath().getParent()).config(), sources);
    }

    private static List<String> split(String list) {
        return Stream.of(list.split(","))
                .map(String::strip)
                .filter(s -> !s.isEmpty())
                .toList();
    }

    private static Map<Key, Raw> readFile(Path file) throws Failure {
        String text;
        try {
            if (!Files.exists(file)) {
                return Map.of();
            }
            if (Files.size(file) > MAX_FILE) {
                throw wrong(file + ": larger than " + MAX_FILE + " bytes");
            }
            text = Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new Failure(
                    ExitCode.USAGE, "cannot read " + file + ": " + e, "make it a readable text file in UTF-8", e);
        }
        TomlParseResult toml = Toml.parse(text);
        if (toml.hasErrors()) {
            TomlParseError error = toml.errors().getFirst();
            String message = error.getMessage() == null ? "not TOML" : error.getMessage();
            throw wrong(at(file, error.position()) + ": " + Printable.line(message));
        }
        Map<Key, Raw> raw = new LinkedHashMap<>();
        for (List<String> path : toml.keyPathSet()) {
            TomlPosition position = toml.inputPositionOf(path);
            String where = position == null ? file.toString() : at(file, position);
            String name = String.join(".", path);
            Key key = Key.of(name)
                    .orElseThrow(() -> new Failure(
                            ExitCode.USAGE,
                            where + ": unknown key \"" + Printable.line(name) + "\"",
                            "known keys: "
                                    + Stream.of(Key.values())
                                            .filter(each -> each.limit().isEmpty())
                                            .map(Key::path)
                                            .collect(Collectors.joining(", "))
                                    + ", limits.<scope>.<resource> (guts config show lists them)"));
            raw.put(key, value(key, toml, path, where));
        }
        return raw;
    }

    private static Raw value(Key key, TomlTable toml, List<String> path, String where) throws Failure {
        Object value = toml.get(path);
        boolean list = key.kind() == Key.Kind.LIST;
        if (list && value instanceof TomlArray array) {
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < array.size(); i++) {
                if (!(array.get(i) instanceof String text)) {
                    throw wrong(where + ": \"" + key.path() + "\" is a list of strings");
                }
                texts.add(text);
            }
            return new Raw(texts, where);
        }
        boolean fits = switch (key.kind()) {
            case TEXT, DURATION -> value instanceof String;
            case NUMBER -> value instanceof Long;
            case SIZE -> value instanceof Long || value instanceof String;
            case TRUTH -> value instanceof Boolean;
            case LIST -> false;
        };
        if (!fits || value == null) {
            throw wrong(where + ": \"" + key.path() + "\" wants "
                    + switch (key.kind()) {
                        case TEXT -> "a string";
                        case DURATION -> "a string such as \"10s\"";
                        case NUMBER -> "a whole number";
                        case SIZE -> "a number of bytes or a string such as \"64MiB\"";
                        case TRUTH -> "true or false";
                        case LIST -> "a list of strings";
                    });
        }
        return new Raw(List.of(value.toString()), where);
    }

    private static String at(Path file, TomlPosition position) {
        return file + ":" + position.line() + ":" + position.column();
    }

    static Failure wrong(String message) {
        return new Failure(
                ExitCode.USAGE, message, "guts config check looks at the configuration without starting a node");
    }
}
