package network.guts.libp2p.autonat;

import network.guts.core.host.ConnectionInfo;
import network.guts.libp2p.tcp.IpClass;

/** Who counts as one: of the public network all peers of one address (IPv6: one /56), elsewhere each peer. */
final class Voters {
    private Voters() {}

    static String of(ConnectionInfo connection) {
        return connection
                .address()
                .ip()
                .filter(ip -> IpClass.of(ip) == IpClass.PUBLIC)
                .map(IpClass::group)
                .orElseGet(() -> connection.peer().toString());
    }
}
