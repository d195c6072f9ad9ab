/**
 * The node: a home on disk, and a host with Kademlia, GossipSub and repositories on top. {@link
 * network.guts.node.daemon.NodeRuntime} is the only place where they meet.
 */
package network.guts.node.daemon;
