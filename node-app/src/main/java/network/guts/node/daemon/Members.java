package network.guts.node.daemon;

import java.nio.file.Path;
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
 * The members of the configuration and of its file: one peer id a line, {@code #} begins a remark. The file is watched;
 * one that names nobody neither opens the network nor closes it.
 */
final class Members {
    private static final Logger LOG = LoggerFactory.getLogger(Members.class);

    private Members() {}

    /**
     * Who is a member now; empty if everybody may come in.
     *
     * @throws Failure USAGE if there is a file that is not readable, or has no member or something else in it
     */
    static Set<PeerId> read(Config config) throws Failure {
        Set<PeerId> members = new LinkedHashSet<>(config.members());
        if (config.membersFile().isEmpty()) {
            return Set.copyOf(members);
        }
        Path file = config.membersFile().get();
        for (WatchedFile.Line line : WatchedFile.lines(file, "members", "members_file")) {
            try {
                members.add(PeerId.parse(line.text()));
            } catch (MalformedException e) {
                throw new Failure(
                        ExitCode.USAGE,
                        line.place() + ": not a peer id: " + Printable.line(String.valueOf(e.getMessage())),
                        "one peer id a line, # begins a remark",
                        e);
            }
        }
        if (members.isEmpty()) {
            throw new Failure(
                    ExitCode.USAGE,
                    "there is no member in " + file + ", so that everybody could come in",
                    "name the members, one peer id a line, or leave members_file out");
        }
        return Set.copyOf(members);
    }

    /**
     * Watches the file, if there is one.
     *
     * @param current what was read at the start
     * @param changed hears of all members whenever they are others than before
     */
    static AutoCloseable watch(Config config, Set<PeerId> current, Consumer<Set<PeerId>> changed) {
        if (config.membersFile().isEmpty()) {
            return () -> {};
        }
        return new WatchedFile<>("members", () -> read(config), Set.copyOf(current), now -> {
                    LOG.info("there are {} members now", now.size());
                    changed.accept(now);
                })
                .start();
    }
}
