/**
 * identify and identify-push: who the peers are, and telling them who we are.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/identify/README.md">identify</a>
 */
package network.guts.libp2p.identify;
