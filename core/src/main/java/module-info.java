/** Values and the shape of a protocol: no I/O, no threads, no clock. */
@org.jspecify.annotations.NullMarked
module network.guts.core {
    requires com.google.protobuf;
    requires org.bouncycastle.provider;
    requires transitive org.jspecify;

    exports network.guts.core;
    exports network.guts.core.host;

    // protobuf names missing required fields by reflection: without this a remote could cause an exception that is a
    // bug.
    opens network.guts.core.wire.proto to
            com.google.protobuf;
}
