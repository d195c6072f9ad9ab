/**
 * libp2p's TLS 1.3: certificates that carry a peer's identity, for TCP and for QUIC.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/tls/tls.md">tls</a>
 */
package network.guts.libp2p.tls;
