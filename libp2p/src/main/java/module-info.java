/** A libp2p host: transports, secure channels, muxers, multistream-select, identify, ping, connections. */
@org.jspecify.annotations.NullMarked
module network.guts.libp2p {
    requires transitive network.guts.core;
    requires transitive network.guts.runtime;
    requires com.github.benmanes.caffeine;
    requires com.google.protobuf;
    requires com.offbynull.portmapper;
    requires io.netty.buffer;
    requires io.netty.codec.classes.quic;
    requires io.netty.common;
    requires io.netty.handler;
    requires io.netty.transport;
    requires io.netty.transport.classes.epoll;
    requires io.netty.transport.unix.common;
    requires java.naming;
    // the DNS client behind java.naming
    requires jdk.naming.dns;
    // portmapper, which is no module itself, needs them
    requires org.apache.commons.collections4;
    requires org.apache.commons.io;
    requires org.apache.commons.lang3;
    requires org.bouncycastle.provider;
    requires org.conscrypt;
    requires org.slf4j;

    exports network.guts.libp2p;
    exports network.guts.libp2p.gate;
    exports network.guts.libp2p.limits;
    exports network.guts.libp2p.perf;

    // protobuf's messages look at themselves by reflection
    opens network.guts.libp2p.autonat.proto to
            com.google.protobuf;
    opens network.guts.libp2p.identify.proto to
            com.google.protobuf;
    opens network.guts.libp2p.relay.proto to
            com.google.protobuf;
    opens network.guts.libp2p.dcutr.proto to
            com.google.protobuf;
}
