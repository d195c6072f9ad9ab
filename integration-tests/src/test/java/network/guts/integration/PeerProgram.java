package network.guts.integration;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import network.guts.node.output.Json;

/** Our host as a program that speaks as js-peer and go-peer do: for the benchmarks, where each side is a process. */
public final class PeerProgram {
    private static final Map<String, HostCommands> HOSTS = new ConcurrentHashMap<>();

    private PeerProgram() {}

    public static void main(String[] arguments) throws IOException {
        Path folder = Files.createTempDirectory("guts-peer");
        say(Map.of("event", "ready"));
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Map<String, Object> command = Json.parse(line);
                if ("stop".equals(command.get("do"))) {
                    break;
                }
                Thread.ofVirtual().start(() -> answer(folder, command));
            }
        }
        System.exit(0);
    }

    private static void answer(Path folder, Map<String, Object> command) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("id", command.get("id"));
        try {
            answer.putAll(run(folder, command));
            answer.put("event", "ok");
        } catch (Exception e) {
            answer.put("event", "failed");
            answer.put("message", e.toString());
        }
        say(answer);
    }

    private static Map<String, ?> run(Path folder, Map<String, Object> command) throws Exception {
        String name = String.valueOf(command.get("do"));
        if (name.equals("host")) {
            HostCommands host = HostCommands.start(folder.resolve("host-" + HOSTS.size() + ".db"), command);
            HOSTS.put(String.valueOf(command.get("name")), host);
            return Map.of("peer", host.peer(), "address", host.address());
        }
        if (name.equals("settle")) {
            System.gc();
            return Map.of();
        }
        HostCommands host = HOSTS.get(String.valueOf(command.get("host")));
        if (host == null) {
            throw new IllegalArgumentException("no host \"" + command.get("host") + "\"");
        }
        return host.run(name, command);
    }

    private static void say(Map<String, Object> event) {
        synchronized (PeerProgram.class) {
            System.out.println(Json.write(event));
            System.out.flush();
        }
    }
}
