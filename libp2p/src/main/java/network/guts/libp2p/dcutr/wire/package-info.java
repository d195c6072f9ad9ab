/** The messages of DCUtR: what leaves this package is valid. */
package network.guts.libp2p.dcutr.wire;
