/**
 * The TCP transport: listeners and dials by blocking channels on virtual threads, and a connection as raw bytes: buffered,
 * with a deadline while it is being upgraded.
 */
package network.guts.libp2p.tcp;
