/**
 * The GossipSub core: {@link network.guts.gossip.core.GossipSubCore} decides, {@link network.guts.gossip.core.Mesh} keeps
 * the mesh, {@link network.guts.gossip.core.LazyGossip} trades IHAVE for IWANT, {@link network.guts.gossip.core.PeerScore}
 * is the place of the peer score.
 */
package network.guts.gossip.core;
