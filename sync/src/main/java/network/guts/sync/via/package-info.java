/** Repositories that others keep for a publisher nobody can dial: the via protocol, both of its sides. */
package network.guts.sync.via;
