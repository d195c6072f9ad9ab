/** The program's entry. What is asked most often is answered here, before anything else is loaded. */
package network.guts.node;
