package network.guts.libp2p.limits;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import network.guts.core.PeerId;

/**
 * What a host has in use at one moment.
 *
 * @param scopes the system first, then the transient scope, then those of peers, protocols and services that are in use
 * @param refusals how often something was refused until now, by the name of the limit
 */
public record LimitsSnapshot(List<ScopeUsage> scopes, Map<String, Long> refusals) {
    public LimitsSnapshot {
        scopes = List.copyOf(scopes);
        refusals = Collections.unmodifiableMap(new TreeMap<>(refusals));
    }

    /**
     * @param name of the protocol or service; empty at the other levels
     * @param peer whose scope it is, at the levels that have one
     */
    public record ScopeUsage(Level level, String name, Optional<PeerId> peer, Map<Resource, Usage> resources) {
        public ScopeUsage {
            resources = Collections.unmodifiableMap(new LinkedHashMap<>(resources));
        }

        /** How much is in use; nothing where it is not counted. */
        public long used(Resource resource) {
            return resources.getOrDefault(resource, Usage.NOTHING).used();
        }
    }

    /**
     * @param limit as it is for the least important and the most important alike: see {@link Priority}
     */
    public record Usage(long used, long limit) {
        static final Usage NOTHING = new Usage(0, Long.MAX_VALUE);
    }

    /** The scope of all together. */
    public ScopeUsage system() {
        return scopes.getFirst();
    }

    /** The scopes at {@code level}. */
    public List<ScopeUsage> at(Level level) {
        return scopes.stream().filter(scope -> scope.level() == level).toList();
    }
}
