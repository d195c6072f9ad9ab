/**
 * {@code /ipfs/ping/1.0.0}: how long a round trip takes.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/ping/ping.md">ping</a>
 */
package network.guts.libp2p.ping;
