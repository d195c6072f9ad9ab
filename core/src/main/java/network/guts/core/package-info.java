/**
 * The values that every part of Guts speaks in: peers, addresses, hashes, keys, signed envelopes; and
 * {@link network.guts.core.Protocol}, the shape of every protocol core.
 */
package network.guts.core;
