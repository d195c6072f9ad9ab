package network.guts.libp2p.identify;

import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import network.guts.core.Multiaddr;
import network.guts.core.Multiaddr.Part;
import network.guts.core.PeerRecord;
import network.guts.core.PrivateKey;
import network.guts.core.SignedEnvelope;
import network.guts.libp2p.identify.wire.IdentifyMessage;
import network.guts.libp2p.tcp.IpClass;

/** What this host says of itself: its addresses, its protocols, and a version that rises when either changes. */
public final class SelfDescription {
    /** A signed record of so many addresses leaves room for the protocols within what others read. */
    private static final int MAX_ADDRESSES = 24;

    /** Three relays with four addresses each. */
    private static final int MAX_RELAYED = 12;

    /** The protocol family's version, as other implementations send it. */
    private static final String PROTOCOL_VERSION = "ipfs/0.1.0";

    /**
     * @param records over those of the addresses that are told to some remotes: one for each kind of remote, so few
     */
    private record State(
            List<Multiaddr> addresses, long sequence, long version, Map<List<Multiaddr>, SignedEnvelope> records) {
        State(List<Multiaddr> addresses, long sequence, long version) {
            this(addresses, sequence, version, new ConcurrentHashMap<>());
        }
    }

    private final PrivateKey identity;
    private final String agentVersion;
    private final Supplier<SortedSet<String>> protocols;
    private final InstantSource clock;
    private State state;

    public SelfDescription(
            PrivateKey identity, String agentVersion, Supplier<SortedSet<String>> protocols, InstantSource clock) {
        this.identity = identity;
        this.agentVersion = agentVersion;
        this.protocols = protocols;
        this.clock = clock;
        this.state = new State(List.of(), clock.millis(), 1);
    }

    public synchronized List<Multiaddr> addresses() {
        return state.addresses;
    }

    /** Rises with every change. */
    public synchronized long version() {
        return state.version;
    }

    /** True if they differ from those before. */
    public synchronized boolean addresses(List<Multiaddr> now) {
        List<Multiaddr> few = few(now);
        if (few.equals(state.addresses)) {
            return false;
        }
        // The clock makes it rise across restarts, the comparison while the clock stands or is set back.
        long sequence = Math.max(clock.millis(), state.sequence + 1);
        state = new State(few, sequence, state.version + 1);
        return true;
    }

    /** Relayed addresses stay: who has any is not reached otherwise. */
    private static List<Multiaddr> few(List<Multiaddr> all) {
        long relayed = all.stream()
                .filter(address -> address.has(Part.P2P_CIRCUIT))
                .limit(MAX_RELAYED)
                .count();
        return Stream.concat(
                        all.stream()
                                .filter(address -> !address.has(Part.P2P_CIRCUIT))
                                .limit(MAX_ADDRESSES - relayed),
                        all.stream()
                                .filter(address -> address.has(Part.P2P_CIRCUIT))
                                .limit(relayed))
                .toList();
    }

    public synchronized void protocolsChanged() {
        state = new State(state.addresses, state.sequence, state.version + 1, state.records);
    }

    /** The signed record over all addresses. */
    public SignedEnvelope record() {
        State now = now();
        return record(now, now.addresses);
    }

    /** Every new connection is told one: it is signed once. */
    private SignedEnvelope record(State now, List<Multiaddr> addresses) {
        return now.records.computeIfAbsent(
                addresses, few -> new PeerRecord(identity.peerId(), now.sequence, few).seal(identity));
    }

    private synchronized State now() {
        return state;
    }

    /** What is told to a remote at {@code address}: no addresses that mean nothing there. */
    public IdentifyMessage tell(Multiaddr address) {
        State now = now();
        IpClass remote = IpClass.of(address);
        List<Multiaddr> usable = now.addresses.stream()
                .filter(own -> IpClass.of(own).usableFrom(remote))
                .toList();
        return new IdentifyMessage(
                Optional.of(identity.publicKey()),
                usable,
                protocols.get(),
                Optional.of(address),
                Optional.of(PROTOCOL_VERSION),
                Optional.of(agentVersion),
                Optional.of(record(now, usable)));
    }
}
