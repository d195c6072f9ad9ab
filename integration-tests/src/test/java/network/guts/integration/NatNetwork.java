package network.guts.integration;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Hosts on a "public" network and hosts behind NATs, as network namespaces of this machine. Its addresses look public and
 * never leave it: no namespace has a way out.
 */
final class NatNetwork implements AutoCloseable {
    /** How a NAT maps. */
    enum Nat {
        /** One mapping for each inner port, whoever is talked to. */
        ENDPOINT_INDEPENDENT,
        /** Another port for every peer: nobody can tell it to a third one. */
        SYMMETRIC
    }

    private static final String PUBLIC = "1.2.3.";

    private final String prefix = "guts" + ProcessHandle.current().pid() + "-";
    private final Set<String> namespaces = new LinkedHashSet<>();
    private int hosts;
    private int insides;

    NatNetwork() {
        namespace("pub");
        ip("pub", "link", "add", "br0", "type", "bridge");
        ip("pub", "link", "set", "br0", "up");
    }

    /** Why there can be no such network here; empty if there can. */
    static Optional<String> missing() {
        if (!"root".equals(System.getProperty("user.name"))) {
            return Optional.of("network namespaces want root");
        }
        for (String[] probe : new String[][] {{"ip", "netns", "list"}, {"iptables", "--version"}}) {
            try {
                run(List.of(probe));
            } catch (RuntimeException | AssertionError e) {
                return Optional.of(probe[0] + " is missing: " + e.getMessage());
            }
        }
        String probe = "guts-probe-" + ProcessHandle.current().pid();
        try {
            run(List.of("ip", "netns", "add", probe));
            run(List.of("ip", "netns", "del", probe));
            return Optional.empty();
        } catch (RuntimeException | AssertionError e) {
            return Optional.of("this machine gives no network namespaces: " + e.getMessage());
        }
    }

    /** A host that others can reach; returns its address. */
    String host(String name) {
        namespace(name);
        String address = PUBLIC + ++hosts;
        ip(
                "link",
                "add",
                "eth0",
                "netns",
                prefix + name,
                "type",
                "veth",
                "peer",
                "name",
                name,
                "netns",
                prefix + "pub");
        ip("pub", "link", "set", name, "master", "br0", "up");
        ip(name, "addr", "add", address + "/24", "dev", "eth0");
        ip(name, "link", "set", "eth0", "up");
        return address;
    }

    /** A host behind a NAT of its own, which drops what nobody inside has asked for; returns its inner address. */
    String behind(String name, Nat nat) {
        String gate = name + "nat";
        host(gate);
        namespace(name);
        String inside = "10." + ++insides + ".0.";
        ip(
                "link",
                "add",
                "eth0",
                "netns",
                prefix + name,
                "type",
                "veth",
                "peer",
                "name",
                "eth1",
                "netns",
                prefix + gate);
        ip(gate, "addr", "add", inside + "1/24", "dev", "eth1");
        ip(gate, "link", "set", "eth1", "up");
        ip(name, "addr", "add", inside + "2/24", "dev", "eth0");
        ip(name, "link", "set", "eth0", "up");
        ip(name, "route", "add", "default", "via", inside + "1");
        in(gate, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
        List<String> masquerade = new ArrayList<>(
                List.of("iptables", "-t", "nat", "-A", "POSTROUTING", "-o", "eth0", "-j", "MASQUERADE"));
        if (nat == Nat.SYMMETRIC) {
            masquerade.add("--random-fully");
        }
        in(gate, masquerade.toArray(String[]::new));
        for (String chain : List.of("INPUT", "FORWARD")) {
            in(
                    gate,
                    "iptables",
                    "-A",
                    chain,
                    "-i",
                    "eth0",
                    "-m",
                    "conntrack",
                    "--ctstate",
                    "ESTABLISHED,RELATED",
                    "-j",
                    "ACCEPT");
            in(gate, "iptables", "-A", chain, "-i", "eth0", "-j", "DROP");
        }
        return inside + "2";
    }

    /** The words that run a program on one of the hosts. */
    List<String> words(String host, List<String> command) {
        List<String> words = new ArrayList<>(List.of("ip", "netns", "exec", prefix + host));
        words.addAll(command);
        return words;
    }

    private void namespace(String name) {
        run(List.of("ip", "netns", "add", prefix + name));
        namespaces.add(name);
        ip(name, "link", "set", "lo", "up");
    }

    private void in(String host, String... command) {
        run(words(host, List.of(command)));
    }

    /** {@code ip}, in a namespace if the first word is one. */
    private void ip(String... words) {
        List<String> all = new ArrayList<>(List.of("ip"));
        if (namespaces.contains(words[0])) {
            all.add("-n");
            all.add(prefix + words[0]);
            all.addAll(Arrays.asList(words).subList(1, words.length));
        } else {
            all.addAll(List.of(words));
        }
        run(all);
    }

    private static void run(List<String> words) {
        Command.in(Path.of("/")).within(Duration.ofSeconds(30)).run(words).succeeded();
    }

    @Override
    public void close() {
        namespaces.forEach(name -> run(List.of("ip", "netns", "del", prefix + name)));
    }
}
