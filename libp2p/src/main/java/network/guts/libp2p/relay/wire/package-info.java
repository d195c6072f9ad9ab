/** The messages of circuit relay v2: what leaves this package is valid. */
package network.guts.libp2p.relay.wire;
