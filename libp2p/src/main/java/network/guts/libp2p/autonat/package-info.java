/**
 * AutoNAT v2: others dial this host's addresses to tell which of them can be reached, and this host does it for them.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/autonat/autonat-v2.md">autonat-v2</a>
 */
package network.guts.libp2p.autonat;
