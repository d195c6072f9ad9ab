/** What the program says: events, failures with their exit codes, text that is safe on a terminal. */
package network.guts.node.output;
