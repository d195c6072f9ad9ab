package network.guts.dht;

import java.util.List;
import network.guts.core.PeerInfo;

/**
 * How a node takes part in a Kademlia network.
 *
 * @param protocol the id that makes the network: {@code /guts/kad/1.0.0}, {@code /ipfs/kad/1.0.0},
 *     {@code /<name>/kad/1.0.0}
 * @param mode to begin with
 * @param bootstrap peers that are tried when the table is empty, beside those that the address book remembers
 * @param limitIpGroups whether the table takes few peers of one public IP range (IPv4 /16, IPv6 /32): 2 in a bucket, 3
 *     in all. Off only where everybody is known to share one, as in a company's network with public addresses
 */
public record KademliaConfig(String protocol, Dht.Mode mode, List<PeerInfo> bootstrap, boolean limitIpGroups) {
    public KademliaConfig {
        if (!protocol.startsWith("/") || protocol.length() > 128) {
            throw new IllegalArgumentException("not a protocol id: " + protocol);
        }
        bootstrap = List.copyOf(bootstrap);
    }

    /** The configuration of a named network: {@code guts} for the default one, {@code ipfs} for the public one. */
    public static KademliaConfig network(String name, Dht.Mode mode, List<PeerInfo> bootstrap) {
        return new KademliaConfig("/" + name + "/kad/1.0.0", mode, bootstrap, true);
    }
}
