/** The program: the command line, the node that joins the protocols, the control socket, the git remote helper. */
package network.guts.node;
