/** Kademlia as libp2p specifies it (kad-dht): {@link network.guts.dht.Dht} is all that others use. */
package network.guts.dht;
