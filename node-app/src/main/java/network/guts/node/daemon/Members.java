package network.guts.node.daemon;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.node.config.Config;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import network.guts.node.output.Printable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The members of the configuration and of its file: one peer id a line, {@code #} begins a remark. The file is looked at
 * every {@link #INTERVAL}. What is no list of members changes nothing, so that a file that is being written, or is gone,
 * neither opens the network nor closes it.
 */
final class Members implements AutoCloseable {
    /** A few kilobytes read so often cost nothing, and find a change however the file was replaced. */
    static final Duration INTERVAL = Duration.ofSeconds(2);

    /** Room for ten thousand members with remarks. */
    private static final long MAX_FILE = 1 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(Members.class);

    private final Config config;
    private final Consumer<Set<PeerId>> changed;
    private final Thread thread;
    private Set<PeerId> current;
    private String problem = "";

    private Members(Config config, Set<PeerId> current, Consumer<Set<PeerId>> changed) {
        this.config = config;
        this.current = Set.copyOf(current);
        this.changed = changed;
        this.thread = Thread.ofVirtual().name("members").unstarted(this::run);
    }

    /**
     * Who is a member now; empty if everybody may come in.
     *
     * @throws Failure USAGE if there is a file that is not readable, or has no member or something else in it
     */
    static Set<PeerId> read(Config config) throws Failure {
        Set<PeerId> members = new LinkedHashSet<>(config.members());
        if (config.membersFile().isEmpty()) {
            return members;
        }
        Path file = config.membersFile().get();
        int number = 0;
        try {
            if (Files.size(file) > MAX_FILE) {
                throw new IOException("it has more than " + MAX_FILE + " bytes");
            }
            for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
                number++;
                String peer = line.replaceFirst("#.*", "").strip();
                if (!peer.isEmpty()) {
                    members.add(PeerId.parse(peer));
                }
            }
        } catch (MalformedException e) {
            throw new Failure(
                    ExitCode.USAGE,
                    file + ":" + number + ":1: not a peer id: " + Printable.line(String.valueOf(e.getMessage())),
                    "one peer id a line, # begins a remark",
                    e);
        } catch (NoSuchFileException e) {
            throw new Failure(ExitCode.USAGE, "there is no file of members at " + file, "see members_file", e);
        } catch (IOException e) {
            throw new Failure(ExitCode.USAGE, "cannot read the members in " + file + ": " + e, "see members_file", e);
        }
        if (members.isEmpty()) {
            throw new Failure(
                    ExitCode.USAGE,
                    "there is no member in " + file + ", so that everybody could come in",
                    "name the members, one peer id a line, or leave members_file out");
        }
        return members;
    }

    /**
     * Watches the file, if there is one.
     *
     * @param current what was read at the start
     * @param changed hears of all members whenever they are others than before
     */
    static Members watch(Config config, Set<PeerId> current, Consumer<Set<PeerId>> changed) {
        Members members = new Members(config, current, changed);
        if (config.membersFile().isPresent()) {
            members.thread.start();
        }
        return members;
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(INTERVAL);
                look();
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        try {
            Set<PeerId> now = Set.copyOf(read(config));
            problem = "";
            if (!now.equals(current)) {
                LOG.info("{} members instead of {}", now.size(), current.size());
                current = now;
                changed.accept(now);
            }
        } catch (Failure e) {
            // Once for each problem, not every two seconds.
            if (!problem.equals(e.message())) {
                problem = e.message();
                LOG.error("the members stay as they were: {}", problem);
            }
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
