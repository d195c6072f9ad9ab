/** Streams and threads of GossipSub: {@link network.guts.gossip.shell.GossipSub} runs the core over a host. */
package network.guts.gossip.shell;
