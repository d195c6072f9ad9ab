/** What the host counts of itself. */
package network.guts.libp2p.metrics;
