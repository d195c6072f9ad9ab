/**
 * Direct connection upgrade through relay: two peers that only meet at a relay punch holes into their NATs.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/relay/DCUtR.md">DCUtR</a>
 */
package network.guts.libp2p.dcutr;
