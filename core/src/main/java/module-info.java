/** Values and the shape of a protocol: no I/O, no threads, no clock. */
@org.jspecify.annotations.NullMarked
module network.guts.core {
    requires com.google.protobuf;
    requires org.bouncycastle.provider;
    requires transitive org.jspecify;

    exports network.guts.core;
    exports network.guts.core.host;
    exports network.guts.core.metrics;

    // protobuf finds out by reflection which required fields of a malformed message are missing
    opens network.guts.core.wire.proto to
            com.google.protobuf;
}
