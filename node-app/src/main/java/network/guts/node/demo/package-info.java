/** {@code guts demo}: a network of real nodes on loopback, in one process, that tells what happens while it happens. */
package network.guts.node.demo;
