/** Kademlia's messages between bytes and valid records, with the limits of what is read. */
package network.guts.dht.wire;
