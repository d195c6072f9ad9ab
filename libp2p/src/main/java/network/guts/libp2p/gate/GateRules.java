package network.guts.libp2p.gate;

import java.net.InetAddress;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import network.guts.core.PeerId;

/**
 * Who is let in and dialled. If there are members, nobody else is. Of the rest, an allowed peer always is, from any
 * network that gets as far as telling who it is; a denied peer never is; an allowed network is, even within a denied one.
 *
 * @param members if any, nobody else
 * @param deny peers and networks that are not let in
 * @param allow peers and networks that are, whatever {@code deny} says of their kind
 */
public record GateRules(Set<PeerId> members, Set<GateEntry> deny, Set<GateEntry> allow) {
    /** Each is looked at for each new connection. */
    public static final int MAX_ENTRIES = 10_000;

    public static final GateRules OPEN = new GateRules(Set.of(), Set.of(), Set.of());

    /**
     * @throws IllegalArgumentException if a list has more than {@link #MAX_ENTRIES}
     */
    public GateRules {
        members = Set.copyOf(members);
        deny = Set.copyOf(deny);
        allow = Set.copyOf(allow);
        if (deny.size() > MAX_ENTRIES || allow.size() > MAX_ENTRIES) {
            throw new IllegalArgumentException("a list of over " + MAX_ENTRIES + " entries");
        }
    }

    public GateRules withMembers(Set<PeerId> others) {
        return new GateRules(others, deny, allow);
    }

    public GateRules withLists(Collection<GateEntry> denied, Collection<GateEntry> allowed) {
        return new GateRules(members, new LinkedHashSet<>(denied), new LinkedHashSet<>(allowed));
    }

    /** Why nobody at {@code address} may connect, as far as that is known without knowing who it is. */
    public Optional<String> refusal(InetAddress address) {
        return denies(address) && !allows(address) ? Optional.of("its network is denied") : Optional.empty();
    }

    /** Why there may be no connection with {@code peer}, wherever it is. */
    Optional<String> refusal(PeerId peer) {
        if (!members.isEmpty() && !members.contains(peer)) {
            return Optional.of("not a member");
        }
        GateEntry entry = GateEntry.of(peer);
        return deny.contains(entry) && !allow.contains(entry) ? Optional.of("it is denied") : Optional.empty();
    }

    /** Why there may be no connection with {@code peer} at {@code address}. */
    Optional<String> refusal(PeerId peer, Optional<InetAddress> address) {
        return refusal(peer)
                .or(() -> allow.contains(GateEntry.of(peer)) ? Optional.empty() : address.flatMap(this::refusal));
    }

    private boolean denies(InetAddress address) {
        return within(deny, address);
    }

    boolean allows(InetAddress address) {
        return within(allow, address);
    }

    boolean allows(PeerId peer) {
        return allow.contains(GateEntry.of(peer));
    }

    private static boolean within(Set<GateEntry> list, InetAddress address) {
        for (GateEntry entry : list) {
            if (entry.network().isPresent() && entry.network().get().contains(address)) {
                return true;
            }
        }
        return false;
    }
}
