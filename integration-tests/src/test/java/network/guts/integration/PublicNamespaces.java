package network.guts.integration;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Machines with public addresses, on a switch of their own: network namespaces that no packet leaves. The addresses are
 * those that are kept for documentation (RFC 5737).
 */
final class PublicNamespaces implements AutoCloseable {
    private static final String PREFIX = "203.0.113.";

    /** Names of interfaces have 15 characters at most. */
    private final String name = "pub" + ProcessHandle.current().pid() % 100_000;

    private final List<String> namespaces = new ArrayList<>();

    /**
     * @param machines how many; they are counted from 1
     */
    PublicNamespaces(int machines) {
        add(name + "-0");
        in(0, "ip", "link", "add", "switch", "type", "bridge");
        in(0, "ip", "link", "set", "switch", "up");
        for (int machine = 1; machine <= machines; machine++) {
            String space = name + "-" + machine;
            add(space);
            in(0, "ip", "link", "add", "port" + machine, "type", "veth", "peer", "name", "eth0", "netns", space);
            in(0, "ip", "link", "set", "port" + machine, "master", "switch", "up");
            in(machine, "ip", "address", "add", address(machine) + "/24", "dev", "eth0");
            in(machine, "ip", "link", "set", "eth0", "up");
            in(machine, "ip", "link", "set", "lo", "up");
        }
    }

    private void add(String space) {
        run(List.of("ip", "netns", "add", space));
        namespaces.add(space);
    }

    private static void run(List<String> words) {
        Command.in(Path.of("/")).run(words).succeeded();
    }

    String address(int machine) {
        return PREFIX + machine;
    }

    /** What runs {@code words} on a machine. */
    List<String> words(int machine, List<String> words) {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", name + "-" + machine));
        all.addAll(words);
        return all;
    }

    /** Runs a command on a machine to its end. */
    void in(int machine, String... words) {
        run(words(machine, List.of(words)));
    }

    @Override
    public void close() {
        namespaces.forEach(space -> run(List.of("ip", "netns", "delete", space)));
    }
}
