/** GossipSub 1.1 as libp2p specifies it: {@link network.guts.gossip.Gossip} is all that others use. */
package network.guts.gossip;
