/** A libp2p host, usable alone: {@link network.guts.core.host.Host} over TCP, Noise and Yamux. */
package network.guts.libp2p;
