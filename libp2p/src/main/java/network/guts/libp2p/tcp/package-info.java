/** The TCP transport: listeners and dials by blocking channels on virtual threads. */
package network.guts.libp2p.tcp;
