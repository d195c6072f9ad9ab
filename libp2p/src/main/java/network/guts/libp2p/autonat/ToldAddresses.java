package network.guts.libp2p.autonat;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import network.guts.core.Multiaddr;
import network.guts.core.host.Reachability;
import network.guts.libp2p.NatConfig;

/** Which of its addresses a host tells others. Pure. */
public final class ToldAddresses {
    private ToldAddresses() {}

    /**
     * Those that the configuration names, always; those that the host has or is seen at, and those at which others have
     * reached it. On the public network not those that are known to be unreachable; elsewhere who is told may stand nearer
     * than those who were asked.
     *
     * @param announced what the configuration names
     * @param own the others, in the order in which they are told
     */
    public static List<Multiaddr> of(
            NatConfig.Scope scope,
            List<Multiaddr> announced,
            List<Multiaddr> own,
            Map<Multiaddr, Reachability> verdicts) {
        Set<Multiaddr> told = new LinkedHashSet<>(announced);
        for (Multiaddr address : own) {
            boolean unreachable = verdicts.getOrDefault(address, Reachability.UNKNOWN) == Reachability.PRIVATE;
            if (!unreachable || scope != NatConfig.Scope.PUBLIC) {
                told.add(address);
            }
        }
        verdicts.forEach((address, verdict) -> {
            if (verdict == Reachability.PUBLIC) {
                told.add(address);
            }
        });
        return List.copyOf(told);
    }
}
