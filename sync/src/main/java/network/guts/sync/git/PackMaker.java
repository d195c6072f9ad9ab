package network.guts.sync.git;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import network.guts.sync.model.ObjectId;

/** Has git make packs: it reuses the deltas that it has. */
final class PackMaker {
    /** Header and trailer: a pack of this length holds nothing. */
    private static final long EMPTY_PACK = 32;

    private PackMaker() {}

    /** What came of it: a pack, none because there is nothing to pack, or a failure of git's. */
    record Outcome(GitCommand.Result result, Optional<Path> pack) {}

    /**
     * Packs what {@code tips} reach and {@code have} do not.
     *
     * @param repository a folder that git takes for a repository
     * @param target a folder for the pack, which gets a name of its own
     */
    static Outcome make(Path repository, Path target, Collection<ObjectId> tips, Collection<ObjectId> have)
            throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "pack-objects", "--revs", "--stdout", "-q", "--delta-base-offset", "--window=10", "--depth=50"));
        if (!have.isEmpty()) {
            arguments.add("--thin");
        }
        StringBuilder input = new StringBuilder();
        have.forEach(id -> input.append('^').append(id).append('\n'));
        tips.forEach(id -> input.append(id).append('\n'));
        Files.createDirectories(target);
        Path pack = Files.createTempFile(target, "made-", ".pack");
        boolean kept = false;
        try {
            GitCommand.Result result =
                    new GitCommand(repository, GitCommand.LONG).run(arguments, input.toString(), pack);
            kept = result.ok() && Files.size(pack) > EMPTY_PACK;
            return new Outcome(result, kept ? Optional.of(pack) : Optional.empty());
        } finally {
            if (!kept) {
                Files.deleteIfExists(pack);
            }
        }
    }
}
