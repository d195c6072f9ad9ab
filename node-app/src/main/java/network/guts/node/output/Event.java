package network.guts.node.output;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.core.MalformedException;
import org.jspecify.annotations.Nullable;

/**
 * One thing that happened, as it travels on the control socket and as {@code --json} prints it: a name and members, the
 * name first. Sizes are bytes, durations seconds, instants ISO 8601 in UTC, peers and repositories their text.
 */
public final class Event {
    private final String name;
    private final Map<String, Object> members;

    private Event(String name, Map<String, Object> members) {
        this.name = name;
        this.members = members;
    }

    public static Event of(String name) {
        return new Event(name, new LinkedHashMap<>());
    }

    /**
     * @throws MalformedException if {@code line} is no JSON object with an event's name
     */
    public static Event parse(String line) throws MalformedException {
        Map<String, Object> object = Json.parse(line);
        if (!(object.remove("event") instanceof String name)) {
            throw new MalformedException("a JSON object without an \"event\"");
        }
        return new Event(name, object);
    }

    /** This event with one more member; an empty optional adds none. */
    public Event with(String member, @Nullable Object value) {
        Object plain = plain(value);
        if (plain == null) {
            return this;
        }
        Map<String, Object> more = new LinkedHashMap<>(members);
        more.put(member, plain);
        return new Event(name, more);
    }

    private static @Nullable Object plain(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case Optional<?> maybe -> plain(maybe.orElse(null));
            case Duration duration -> duration.toNanos() / 1e9;
            case Instant instant -> instant.truncatedTo(ChronoUnit.MILLIS).toString();
            case Integer number -> number.longValue();
            case Long number -> number;
            case Double number -> Double.isFinite(number) ? number : 0.0;
            case Boolean truth -> truth;
            case Map<?, ?> map -> {
                Map<String, Object> plain = new LinkedHashMap<>();
                map.forEach((key, member) -> {
                    Object inner = plain(member);
                    if (inner != null) {
                        plain.put(String.valueOf(key), inner);
                    }
                });
                yield plain;
            }
            case Collection<?> list -> {
                List<Object> plain = new ArrayList<>();
                list.forEach(member -> {
                    Object inner = plain(member);
                    if (inner != null) {
                        plain.add(inner);
                    }
                });
                yield plain;
            }
            default -> value.toString();
        };
    }

    public String name() {
        return name;
    }

    public boolean is(String other) {
        return name.equals(other);
    }

    /** True once the request is over. */
    public boolean isLast() {
        return is("done") || is("error");
    }

    public boolean has(String member) {
        return members.containsKey(member);
    }

    /** The member as text; empty where there is none. */
    public String text(String member) {
        Object value = members.get(member);
        return value == null ? "" : value.toString();
    }

    /** The member as a whole number; 0 where there is none. */
    public long number(String member) {
        return members.get(member) instanceof Number number ? number.longValue() : 0;
    }

    /** The member as a number; 0 where there is none. */
    public double real(String member) {
        return members.get(member) instanceof Number number ? number.doubleValue() : 0;
    }

    public boolean truth(String member) {
        return members.get(member) instanceof Boolean truth && truth;
    }

    /** The member's elements as text; empty where there is none. */
    public List<String> texts(String member) {
        return members.get(member) instanceof List<?> list
                ? list.stream().map(String::valueOf).toList()
                : List.of();
    }

    /** The member's objects, each as an event without a name. */
    public List<Event> objects(String member) {
        return members.get(member) instanceof List<?> list
                ? list.stream().map(element -> nested(element)).toList()
                : List.of();
    }

    /** The member as an object, empty where there is none. */
    public Event object(String member) {
        return nested(members.get(member));
    }

    private static Event nested(@Nullable Object value) {
        Map<String, Object> inner = new LinkedHashMap<>();
        if (value instanceof Map<?, ?> map) {
            map.forEach((key, element) -> {
                if (element != null) {
                    inner.put(String.valueOf(key), element);
                }
            });
        }
        return new Event("", inner);
    }

    /** The members' names, in order. */
    public List<String> names() {
        return List.copyOf(members.keySet());
    }

    /** The members, in order. */
    public Map<String, Object> members() {
        return java.util.Collections.unmodifiableMap(members);
    }

    /** The JSON object on one line, {@code "event"} first. */
    public String json() {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("event", name);
        object.putAll(members);
        return Json.write(object);
    }

    @Override
    public String toString() {
        return json();
    }
}
