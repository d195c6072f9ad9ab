/**
 * The control socket: how commands talk to the running node. JSON lines over a Unix domain socket that only its owner can
 * open; {@code docs/control-api.md} lists the commands.
 */
package network.guts.node.control;
