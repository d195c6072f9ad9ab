/**
 * The resource manager: how many connections and streams there may be and how much memory they may hold, in all, before a
 * peer or protocol is known, for a peer, a protocol and a service. The idea is that of libp2p's network resource manager.
 *
 * @see <a href="https://github.com/libp2p/go-libp2p/tree/master/p2p/host/resource-manager">the one of go-libp2p</a>
 */
package network.guts.libp2p.limits;
