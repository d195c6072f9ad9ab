package network.guts.node.daemon;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes what pushes left in the quarantine when they were killed; one that ends by itself cleans up. */
final class QuarantineSweep {
    /** No push takes so long: what is older belongs to nobody. */
    static final Duration ABANDONED = Duration.ofDays(1);

    private static final Logger LOG = LoggerFactory.getLogger(QuarantineSweep.class);

    private QuarantineSweep() {}

    /** What cannot be removed is logged and stays. */
    static void run(Path quarantine, Instant now) {
        for (Path push : list(quarantine)) {
            try {
                if (Files.getLastModifiedTime(push).toInstant().isBefore(now.minus(ABANDONED))) {
                    delete(push);
                    LOG.info("removed {}: its push was given up", push.getFileName());
                }
            } catch (IOException e) {
                LOG.warn("{} of a push that was given up cannot be removed: {}", push, e.toString());
            }
        }
    }

    private static List<Path> list(Path quarantine) {
        try (Stream<Path> pushes = Files.list(quarantine)) {
            return pushes.sorted().toList();
        } catch (IOException e) {
            LOG.warn("the quarantine cannot be read: {}", e.toString());
            return List.of();
        }
    }

    private static void delete(Path tree) throws IOException {
        List<Path> deepestFirst;
        try (Stream<Path> all = Files.walk(tree)) {
            deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path one : deepestFirst) {
            Files.delete(one);
        }
    }
}
