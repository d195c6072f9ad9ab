/** The commands, a class each. They talk to the node over its control socket; only {@code node start} and {@code demo} load one. */
package network.guts.node.cli;
