package network.guts.node.control;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.core.MalformedException;
import network.guts.node.output.Event;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import network.guts.node.output.Json;

/** What a client asks of the node: a command and its arguments. */
public final class Request {
    /** A push of a thousand refs fits; the largest requests there are. */
    static final int MAX_LINE = 4 << 20;

    private final String command;
    private final Event arguments;

    private Request(String command, Event arguments) {
        this.command = command;
        this.arguments = arguments;
    }

    public static Request of(String command) {
        return new Request(command, Event.of(command));
    }

    /** This request with one more argument; an empty optional adds none. */
    public Request with(String name, Object value) {
        return new Request(command, arguments.with(name, value));
    }

    static Request parse(String line) throws MalformedException {
        Map<String, Object> object = new LinkedHashMap<>(Json.parse(line));
        if (!(object.remove("command") instanceof String command)) {
            throw new MalformedException("a request without a \"command\"");
        }
        Event arguments = Event.of(command);
        for (Map.Entry<String, Object> argument : object.entrySet()) {
            arguments = arguments.with(argument.getKey(), argument.getValue());
        }
        return new Request(command, arguments);
    }

    String json() {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("command", command);
        object.putAll(arguments.members());
        return Json.write(object);
    }

    public String command() {
        return command;
    }

    /**
     * @throws Failure USAGE if it is missing
     */
    public String text(String name) throws Failure {
        return optional(name)
                .orElseThrow(() -> new Failure(
                        ExitCode.USAGE,
                        "the request \"" + command + "\" wants \"" + name + "\"",
                        "docs/control-api.md lists the arguments of every request"));
    }

    public Optional<String> optional(String name) {
        return arguments.has(name) ? Optional.of(arguments.text(name)) : Optional.empty();
    }

    public List<String> texts(String name) {
        return arguments.texts(name);
    }

    public List<Event> objects(String name) {
        return arguments.objects(name);
    }

    public boolean truth(String name) {
        return arguments.truth(name);
    }

    /**
     * @throws Failure USAGE if it is not between {@code least} and {@code most}
     */
    public long number(String name, long least, long most, long byDefault) throws Failure {
        if (!arguments.has(name)) {
            return byDefault;
        }
        long value = arguments.number(name);
        if (value < least || value > most) {
            throw new Failure(
                    ExitCode.USAGE,
                    name + " " + value + " is not between " + least + " and " + most,
                    "choose a number in between");
        }
        return value;
    }
}
