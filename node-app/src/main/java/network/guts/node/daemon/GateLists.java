package network.guts.node.daemon;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import network.guts.core.MalformedException;
import network.guts.libp2p.gate.GateEntry;
import network.guts.libp2p.gate.GateRules;
import network.guts.node.config.Config;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import network.guts.node.output.Printable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who is denied and who is allowed: what the configuration says, its {@code gate_file}, which is watched, and what was
 * asked over the control socket, which holds until the node stops. Thread-safe.
 */
final class GateLists implements AutoCloseable {
    /** One of the two lists. */
    enum Kind {
        DENY,
        ALLOW;

        String text() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** Where an entry comes from. */
    enum Source {
        CONFIGURATION,
        FILE,
        CONTROL;

        String text() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** An entry with all that is known of it. */
    record Listed(Kind kind, GateEntry entry, Source source) {}

    /** Both lists of one source. */
    record Lists(Set<GateEntry> deny, Set<GateEntry> allow) {
        static final Lists EMPTY = new Lists(Set.of(), Set.of());

        Lists {
            deny = Set.copyOf(deny);
            allow = Set.copyOf(allow);
        }

        private Set<GateEntry> of(Kind kind) {
            return kind == Kind.DENY ? deny : allow;
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(GateLists.class);

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Source, Lists> lists = new LinkedHashMap<>();
    private final Consumer<Lists> changed;
    private final Optional<WatchedFile<Lists>> file;

    private GateLists(Config config, Lists fromFile, Consumer<Lists> changed) {
        this.changed = changed;
        lists.put(
                Source.CONFIGURATION,
                new Lists(config.gate().deny(), config.gate().allow()));
        lists.put(Source.FILE, fromFile);
        lists.put(Source.CONTROL, Lists.EMPTY);
        this.file = config.gate()
                .file()
                .map(path -> new WatchedFile<>("gate", () -> readFile(path), fromFile, this::fileChanged));
    }

    /**
     * Reads the lists, watches the file if there is one, and applies them.
     *
     * @param changed told of both lists, now and whenever they are others
     * @throws Failure USAGE if there is a file that is not readable, or has something else in it
     */
    static GateLists open(Config config, Consumer<Lists> changed) throws Failure {
        Optional<Path> path = config.gate().file();
        GateLists lists = new GateLists(config, path.isEmpty() ? Lists.EMPTY : readFile(path.get()), changed);
        changed.accept(lists.all());
        lists.file.ifPresent(WatchedFile::start);
        return lists;
    }

    private static Lists readFile(Path file) throws Failure {
        Set<GateEntry> deny = new LinkedHashSet<>();
        Set<GateEntry> allow = new LinkedHashSet<>();
        for (WatchedFile.Line line : WatchedFile.lines(file, "denied and allowed", "gate_file")) {
            String[] words = line.text().split("\\s+");
            try {
                if (words.length != 2 || !words[0].equals("deny") && !words[0].equals("allow")) {
                    throw new MalformedException("not \"deny\" or \"allow\" and one entry");
                }
                (words[0].equals("deny") ? deny : allow).add(GateEntry.parse(words[1]));
            } catch (MalformedException e) {
                throw new Failure(
                        ExitCode.USAGE,
                        line.place() + ": " + Printable.line(String.valueOf(e.getMessage())),
                        "one entry a line: deny or allow, and a peer id, an address or a network; # begins a remark",
                        e);
            }
        }
        return new Lists(deny, allow);
    }

    private void fileChanged(Lists now) {
        lock.lock();
        try {
            lists.put(Source.FILE, now);
            LOG.info("the file denies {} and allows {}", now.deny.size(), now.allow.size());
            apply();
        } finally {
            lock.unlock();
        }
    }

    private Lists all() {
        Set<GateEntry> deny = new LinkedHashSet<>();
        Set<GateEntry> allow = new LinkedHashSet<>();
        lists.values().forEach(each -> {
            deny.addAll(each.deny);
            allow.addAll(each.allow);
        });
        return new Lists(deny, allow);
    }

    private void apply() {
        changed.accept(all());
    }

    /** All entries, those of the configuration first. */
    List<Listed> entries() {
        lock.lock();
        try {
            List<Listed> all = new ArrayList<>();
            lists.forEach((source, both) -> {
                for (Kind kind : Kind.values()) {
                    both.of(kind).forEach(entry -> all.add(new Listed(kind, entry, source)));
                }
            });
            return all;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Denies or allows somebody until the node stops; what was asked of the same one before is undone.
     *
     * @throws Failure REFUSED if there are too many
     */
    void add(Kind kind, GateEntry entry) throws Failure {
        lock.lock();
        try {
            Set<GateEntry> deny = new LinkedHashSet<>(lists.getOrDefault(Source.CONTROL, Lists.EMPTY).deny);
            Set<GateEntry> allow = new LinkedHashSet<>(lists.getOrDefault(Source.CONTROL, Lists.EMPTY).allow);
            deny.remove(entry);
            allow.remove(entry);
            (kind == Kind.DENY ? deny : allow).add(entry);
            Lists all = all();
            if (all.deny.size() + all.allow.size() >= GateRules.MAX_ENTRIES) {
                throw new Failure(
                        ExitCode.REFUSED,
                        "the lists have " + GateRules.MAX_ENTRIES + " entries already",
                        "a network takes the place of many addresses");
            }
            lists.put(Source.CONTROL, new Lists(deny, allow));
            apply();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Undoes {@link #add}.
     *
     * @throws Failure NOT_FOUND if it was not asked for over the control socket
     */
    void remove(GateEntry entry) throws Failure {
        lock.lock();
        try {
            Lists before = lists.getOrDefault(Source.CONTROL, Lists.EMPTY);
            Set<GateEntry> deny = new LinkedHashSet<>(before.deny);
            Set<GateEntry> allow = new LinkedHashSet<>(before.allow);
            if (!deny.remove(entry) && !allow.remove(entry)) {
                Optional<Listed> elsewhere = entries().stream()
                        .filter(each -> each.entry.equals(entry))
                        .findFirst();
                throw new Failure(
                        ExitCode.NOT_FOUND,
                        entry
                                + (elsewhere.isEmpty()
                                        ? " is in no list"
                                        : " is in the list of the "
                                                + elsewhere.get().source.text()),
                        elsewhere.isEmpty() ? "guts gate list shows them" : "change it there");
            }
            lists.put(Source.CONTROL, new Lists(deny, allow));
            apply();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        file.ifPresent(WatchedFile::close);
    }
}
