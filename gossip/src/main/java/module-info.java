/** GossipSub: tells whoever follows a topic. */
@org.jspecify.annotations.NullMarked
module network.guts.gossip {
    requires transitive network.guts.core;
    requires transitive network.guts.runtime;
    requires com.github.benmanes.caffeine;
    requires com.google.protobuf;
    requires org.slf4j;

    exports network.guts.gossip;
    exports network.guts.gossip.shell;

    // protobuf names missing required fields by reflection: without this a remote could cause an exception that is a
    // bug.
    opens network.guts.gossip.wire.proto to
            com.google.protobuf;
}
