package network.guts.libp2p.limits;

import java.util.ArrayList;
import java.util.List;

/** One limit: what is counted, and where. */
public record Limit(Level level, Resource resource) {
    /**
     * @throws IllegalArgumentException if the resource is not counted at this level
     */
    public Limit {
        if (!level.resources().contains(resource)) {
            throw new IllegalArgumentException(resource.text() + " are not counted at the level " + level.text());
        }
    }

    /** As it is counted, shown and configured: {@code peer.streams_inbound}. */
    public String name() {
        return level.text() + "." + resource.text();
    }

    /** All that there are, the widest level first. */
    public static List<Limit> all() {
        List<Limit> all = new ArrayList<>();
        for (Level level : Level.values()) {
            for (Resource resource : level.resources()) {
                all.add(new Limit(level, resource));
            }
        }
        return all;
    }

    @Override
    public String toString() {
        return name();
    }
}
