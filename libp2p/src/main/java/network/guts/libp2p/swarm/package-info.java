/**
 * The connection manager: dials, inbound handshakes, which connections are kept, streams and their limits, events.
 * {@link network.guts.libp2p.swarm.Swarm} joins the parts.
 */
package network.guts.libp2p.swarm;
