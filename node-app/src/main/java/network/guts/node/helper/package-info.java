/** {@code git-remote-guts}: makes {@code guts://…} a URL of git's own (gitremote-helpers). */
package network.guts.node.helper;
