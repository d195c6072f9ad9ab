package network.guts.libp2p;

import network.guts.core.Multiaddr;
import network.guts.core.host.Reachability;

/**
 * An address of this host at one moment, for people to look at.
 *
 * @param reachability what others found out who dialled it
 * @param told true if others are told of it
 * @param mapped true if the router was asked for it
 */
public record AddressStatus(Multiaddr address, Reachability reachability, boolean told, boolean mapped) {}
