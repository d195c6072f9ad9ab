/** Asks the router to let others in: PCP, NAT-PMP and UPnP-IGD, by the library portmapper on sockets of our own. */
package network.guts.libp2p.portmap;
