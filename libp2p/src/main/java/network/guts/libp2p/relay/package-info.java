/**
 * Circuit relay v2: a peer that others cannot reach reserves a place with one that they can, and connections to it are
 * carried by that one, for a short time and few bytes. {@link network.guts.libp2p.relay.RelayService} is the relay,
 * {@link network.guts.libp2p.relay.CircuitTransport} what dials and is dialled through one, and
 * {@link network.guts.libp2p.relay.Reservations} keeps places.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/relay/circuit-v2.md">circuit relay v2</a>
 */
package network.guts.libp2p.relay;
