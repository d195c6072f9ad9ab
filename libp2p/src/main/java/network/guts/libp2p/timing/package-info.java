/** Time-outs for many waits at once, on one timer. */
package network.guts.libp2p.timing;
