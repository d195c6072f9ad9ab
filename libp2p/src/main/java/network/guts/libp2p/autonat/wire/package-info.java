/** The messages of AutoNAT v2. */
package network.guts.libp2p.autonat.wire;
