/** A TCP connection as raw bytes: buffered, blocking, with a deadline while it is being upgraded. */
package network.guts.libp2p.tcp;
