/** Hosts in memory and nodes on them, for the tests of this module. */
@org.jspecify.annotations.NullMarked
package network.guts.sync.testing;
