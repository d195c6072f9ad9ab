/** The program: command line, node, control socket, git remote helper. */
@org.jspecify.annotations.NullMarked
module network.guts.node {
    requires info.picocli;
    requires io.prometheus.metrics.core;
    requires io.prometheus.metrics.model;
    requires io.prometheus.writer.text;
    requires java.logging;
    requires java.management;
    requires jdk.httpserver;
    requires jdk.management;
    requires network.guts.core;
    requires network.guts.dht;
    requires network.guts.gossip;
    requires network.guts.libp2p;
    requires network.guts.runtime;
    requires network.guts.sync;
    requires org.slf4j;
    requires org.tomlj;
    requires tools.jackson.core;

    exports network.guts.node;
}
