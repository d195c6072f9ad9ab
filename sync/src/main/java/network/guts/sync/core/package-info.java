/**
 * The rules of repositories: chains of identities, which headers count, what is fresh, where the canonical branches are.
 * Pure functions and single-threaded objects, without I/O, clock or chance.
 */
package network.guts.sync.core;
