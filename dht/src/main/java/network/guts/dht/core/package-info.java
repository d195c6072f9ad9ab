/**
 * The protocol without I/O, as machines of one duty each: {@code RoutingTable} and its {@code KBucket}s, {@code Lookup},
 * {@code TableKeeper} (who enters, who is still alive), {@code Refresh}, {@code ProviderRecords}, {@code Announcer}
 * (provide, republish) and {@code Responder} (the server). {@link network.guts.dht.core.KademliaCore} joins them.
 */
package network.guts.dht.core;
