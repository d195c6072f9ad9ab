/** Kademlia on a host: streams, threads and the database around {@link network.guts.dht.core.KademliaCore}. */
package network.guts.dht.shell;
