/**
 * QUIC v1 over Netty's codec (quiche): one event loop moves the packets, and streams are handed to virtual threads as
 * blocking {@link network.guts.libp2p.muxer.MuxedStream}s. Dials leave from the port that is listened on.
 *
 * @see <a href="https://github.com/libp2p/specs/tree/master/quic">the specification</a>
 */
package network.guts.libp2p.quic;
