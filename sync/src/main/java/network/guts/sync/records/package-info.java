/** Signed records and descriptors on disk, in the node's database. */
package network.guts.sync.records;
