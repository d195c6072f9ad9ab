/** Who may connect: members, and lists of peers and networks that are allowed or denied. */
package network.guts.libp2p.gate;
