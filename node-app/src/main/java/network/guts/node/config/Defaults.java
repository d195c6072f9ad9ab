package network.guts.node.config;

import java.util.List;

/** What a node does unless it is told otherwise. */
final class Defaults {
    static final List<String> LISTEN = List.of(
            "/ip4/0.0.0.0/tcp/9000", "/ip4/0.0.0.0/udp/9000/quic-v1", "/ip6/::/tcp/9000", "/ip6/::/udp/9000/quic-v1");

    /** The bootstrap peers of the public IPFS network, as its own programs list them. */
    static final List<String> PUBLIC_BOOTSTRAP = List.of(
            "/dnsaddr/bootstrap.libp2p.io/p2p/QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN",
            "/dnsaddr/bootstrap.libp2p.io/p2p/QmQCU2EcMqAqQPR2i9bChDtGNJchTbq5TbXJJ16u19uLTa",
            "/dnsaddr/bootstrap.libp2p.io/p2p/QmbLHAnMoJPWSCR5Zhtx6BHJX9KiKNN6tpvbUcqanj75Nb",
            "/dnsaddr/bootstrap.libp2p.io/p2p/QmcZf59bWwK5XFi76CZX8cbJ4BhTzzA3gU1ZjYZcYW3dwt",
            "/ip4/104.131.131.82/tcp/4001/p2p/QmaCpDMGvV2BGHeYERUEnRwAwe3N8SzbUtfwvmsLQLuvuJ");

    /** Nearly all public repositories are far below this. */
    static final long MAX_REPOSITORY = 20L << 30;

    static final long DISK_QUOTA = 200L << 30;

    /** Enough for a repository of a million objects. */
    static final long SYNC_MEMORY = 256L << 20;

    private Defaults() {}
}
