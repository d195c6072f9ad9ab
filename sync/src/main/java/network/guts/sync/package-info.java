/**
 * Repositories on the network: {@link network.guts.sync.Repositories} is what the program uses,
 * {@link network.guts.sync.Network} what it must bring.
 */
package network.guts.sync;
