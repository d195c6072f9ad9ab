/** Kademlia: finds peers, and the providers of a key. */
@org.jspecify.annotations.NullMarked
module network.guts.dht {
    requires transitive network.guts.core;
    requires transitive network.guts.runtime;
    requires com.github.benmanes.caffeine;
    requires com.google.protobuf;
    requires org.slf4j;

    exports network.guts.dht;
}
