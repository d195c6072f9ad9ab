package network.guts.integration;

import java.util.Map;

/** What a connection may consist of: each is a column of the matrices. */
enum Wire {
    TCP_NOISE("tcp", "noise"),
    TCP_TLS("tcp", "tls"),
    QUIC_V1("quic", "");

    private final String transport;
    private final String security;

    Wire(String transport, String security) {
        this.transport = transport;
        this.security = security;
    }

    /** What a host is told that speaks this and nothing else. */
    Map<String, String> settings() {
        return Map.of("transport", transport, "security", security);
    }

    /** An address on loopback to listen on. */
    String listen() {
        return this == QUIC_V1 ? "/ip4/127.0.0.1/udp/0/quic-v1" : "/ip4/127.0.0.1/tcp/0";
    }

    /** The name of the secure channel, as a node shows it. */
    String channel() {
        return this == QUIC_V1 ? "quic" : security;
    }

    @Override
    public String toString() {
        return this == QUIC_V1 ? "quic-v1" : transport + "+" + security;
    }
}
