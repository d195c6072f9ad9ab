package network.guts.node.daemon;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import network.guts.libp2p.limits.Level;
import network.guts.libp2p.limits.LimitsSnapshot;
import network.guts.libp2p.limits.LimitsSnapshot.ScopeUsage;

/** What {@code status} says of the limits. */
final class LimitsReport {
    /** Peers are many; shown are those that have used up half of something. */
    private static final int MAX_PEERS = 16;

    private LimitsReport() {}

    static List<Map<String, Object>> scopes(LimitsSnapshot snapshot) {
        List<Map<String, Object>> scopes = new ArrayList<>();
        for (Level level : List.of(Level.SYSTEM, Level.TRANSIENT, Level.SERVICE, Level.PROTOCOL)) {
            snapshot.at(level).forEach(scope -> scopes.add(scope(scope)));
        }
        snapshot.at(Level.PEER).stream()
                .filter(LimitsReport::isBusy)
                .limit(MAX_PEERS)
                .forEach(scope -> scopes.add(scope(scope)));
        return scopes;
    }

    private static boolean isBusy(ScopeUsage scope) {
        return scope.resources().values().stream().anyMatch(usage -> 2 * usage.used() > usage.limit());
    }

    private static Map<String, Object> scope(ScopeUsage scope) {
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("scope", scope.level().text());
        if (!scope.name().isEmpty()) {
            one.put("name", scope.name());
        }
        scope.peer().ifPresent(peer -> one.put("peer", peer));
        scope.resources()
                .forEach((resource, usage) ->
                        one.put(resource.text(), Map.of("used", usage.used(), "limit", usage.limit())));
        return one;
    }
}
