package network.guts.node.daemon;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PrivateKey;
import network.guts.core.host.Host;
import network.guts.core.host.Reachability;
import network.guts.dht.Dht;
import network.guts.gossip.Gossip;
import network.guts.libp2p.AddressStatus;
import network.guts.libp2p.RelayStatus;
import network.guts.libp2p.limits.LimitsSnapshot;
import network.guts.node.config.Config;
import network.guts.node.output.Failure;
import network.guts.sync.Repositories;

/** A running node, as the operations of the control socket see it. */
public interface Node {
    Home home();

    Config config();

    Host host();

    Dht dht();

    Gossip gossip();

    Repositories repositories();

    Instant started();

    /** True if a command started this node because it needed one for a fetch. */
    boolean onDemand();

    /** Lets addresses of a peer that failed a moment ago be dialled again at once: for when a person asks. */
    void forgetFailures(PeerId peer);

    /** One round trip to a peer ({@code /ipfs/ping/1.0.0}), connecting first where there is no connection. */
    Duration ping(PeerId peer, Duration timeout) throws IOException;

    /** What this node does with relays. */
    RelayStatus relayStatus();

    /** Why a relayed connection is all that there is to a peer; empty while a direct one is there or looked for. */
    Optional<String> whyRelayed(PeerId peer);

    /**
     * The key that signs repositories; made when it is first needed.
     *
     * @throws Failure USAGE if the key file is damaged
     */
    PrivateKey signingKey() throws Failure;

    /** Whether others can dial this node, as far as is known. */
    Reachability reachability();

    /** This node's addresses, with what is known of each. */
    List<AddressStatus> addressStatus();

    /** How the entry to the network stands. */
    List<Bootstrapper.State> bootstrap();

    /** Where its figures are served, if they are. */
    Optional<URI> metricsAddress();

    /** What the host has in use, and what was refused. */
    LimitsSnapshot limits();

    /** Who is denied and who is allowed. */
    GateLists gate();

    /** Asks the node to stop; returns at once. */
    void requestStop();

    /** Where others reach this node, with its peer id. */
    default List<Multiaddr> fullAddresses() {
        return host().addresses().stream()
                .map(address -> address.withPeerId(host().peerId()))
                .toList();
    }
}
