/**
 * What the shells of {@code libp2p}, {@code dht}, {@code gossip} and {@code sync} share: a loop that owns a protocol core,
 * length-prefixed frames on streams, crash-safe files and the node's database. Threads, clocks and I/O begin here.
 */
package network.guts.runtime;
