package network.guts.libp2p;

import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PrivateKey;
import network.guts.core.metrics.Metrics;
import network.guts.libp2p.gate.GateRules;
import network.guts.libp2p.limits.InboundRate;
import network.guts.libp2p.limits.Limits;

/**
 * What a host may be told. Everything but the key has a default: {@code HostConfig.of(key).listen(…).build()}.
 *
 * @param identity the host's key; its peer id follows from it
 * @param listen where to accept connections; port 0 takes a free port; empty: the host only dials
 * @param announce addresses told to others beside those that are found out (a forwarded port, say)
 * @param agentVersion what identify tells of this program
 * @param connectionTimeout how long one dial, one inbound handshake or the choice of an inbound stream's protocol may take
 * @param keepAlive how often a connection is asked whether it still lives; the answer may take as long, at most 10 s
 * @param maxConnections idle connections that this host dialled and keeps
 * @param lowWater trimming ends at this number of connections
 * @param highWater trimming begins above this number of connections
 * @param trimGrace a connection younger than this is not trimmed
 * @param perIp inbound connections from one public IP address (IPv6: one /56); other addresses are not counted
 * @param inboundRate how many new inbound connections may come from one such address
 * @param gate who is let in and dialled at the start
 * @param limits of connections, streams and memory
 * @param security the secure channels that are offered and accepted over TCP, the most wanted first
 * @param dnsServer who is asked for names in addresses; empty: the system's servers
 * @param metrics what the host counts with
 * @param nat how it is found out whether others can reach this host
 * @param relay what the host does with relays
 */
public record HostConfig(
        PrivateKey identity,
        List<Multiaddr> listen,
        List<Multiaddr> announce,
        String agentVersion,
        Duration connectionTimeout,
        Duration keepAlive,
        int maxConnections,
        int lowWater,
        int highWater,
        Duration trimGrace,
        int perIp,
        InboundRate inboundRate,
        GateRules gate,
        Limits limits,
        List<Security> security,
        Optional<InetSocketAddress> dnsServer,
        Metrics metrics,
        NatConfig nat,
        RelayConfig relay) {
    /** A secure channel of libp2p. */
    public enum Security {
        /** {@code /noise}: ChaCha20-Poly1305. */
        NOISE,
        /** {@code /tls/1.0.0}: TLS 1.3, mostly AES-128-GCM. */
        TLS
    }

    /** Every implementation serves Noise; TLS is for those who want it. */
    public static final List<Security> DEFAULT_SECURITY = List.of(Security.NOISE, Security.TLS);

    public static final Duration DEFAULT_CONNECTION_TIMEOUT = Duration.ofSeconds(10);

    /** Shorter than the idle time-outs of usual NATs. */
    public static final Duration DEFAULT_KEEP_ALIVE = Duration.ofSeconds(30);

    /** Enough for gossip meshes and transfers; look-ups and inbound connections are not counted. */
    public static final int DEFAULT_MAX_CONNECTIONS = 50;

    /** A DHT server is asked by many: it keeps this many of them. */
    public static final int DEFAULT_LOW_WATER = 300;

    public static final int DEFAULT_HIGH_WATER = 400;

    /** Identify and the first request of a new peer need a moment. */
    public static final Duration DEFAULT_TRIM_GRACE = Duration.ofSeconds(20);

    /** As go-libp2p: several nodes behind one NAT, no crowd. */
    public static final int DEFAULT_PER_IP = 8;

    /** The longest agent version: identify has 4 KiB for everything. */
    public static final int MAX_AGENT_VERSION = 128;

    /**
     * @throws IllegalArgumentException if a number or a duration is out of its bounds
     */
    public HostConfig {
        listen = List.copyOf(listen);
        announce = List.copyOf(announce);
        security = List.copyOf(security);
        if (security.isEmpty() || security.stream().distinct().count() < security.size()) {
            throw new IllegalArgumentException("a host has secure channels, each once");
        }
        if (agentVersion.length() > MAX_AGENT_VERSION) {
            throw new IllegalArgumentException("agent version of over " + MAX_AGENT_VERSION + " characters");
        }
        if (!connectionTimeout.isPositive() || !keepAlive.isPositive() || trimGrace.isNegative()) {
            throw new IllegalArgumentException("time-outs are positive");
        }
        if (maxConnections < 1 || lowWater < 1 || highWater < lowWater || perIp < 1) {
            throw new IllegalArgumentException("limits are at least 1, and high water is not below low water");
        }
    }

    public static Builder of(PrivateKey identity) {
        return new Builder(identity);
    }

    /** For a host with a fresh key: nobody knows it by its peer id yet. */
    public static Builder withNewKey() {
        return of(PrivateKey.generate(new SecureRandom()));
    }

    /** Collects what differs from the defaults. */
    public static final class Builder {
        private final PrivateKey identity;
        private List<Multiaddr> listen = List.of();
        private List<Multiaddr> announce = List.of();
        private String agentVersion = Agent.DEFAULT;
        private Duration connectionTimeout = DEFAULT_CONNECTION_TIMEOUT;
        private Duration keepAlive = DEFAULT_KEEP_ALIVE;
        private int maxConnections = DEFAULT_MAX_CONNECTIONS;
        private int lowWater = DEFAULT_LOW_WATER;
        private int highWater = DEFAULT_HIGH_WATER;
        private Duration trimGrace = DEFAULT_TRIM_GRACE;
        private int perIp = DEFAULT_PER_IP;
        private InboundRate inboundRate = InboundRate.DEFAULT;
        private GateRules gate = GateRules.OPEN;
        private Limits limits = Limits.ofThisProcess();
        private List<Security> security = DEFAULT_SECURITY;
        private Optional<InetSocketAddress> dnsServer = Optional.empty();
        private Metrics metrics = Metrics.none();
        private NatConfig nat = NatConfig.DEFAULT;
        private RelayConfig relay = RelayConfig.DEFAULT;

        private Builder(PrivateKey identity) {
            this.identity = identity;
        }

        public Builder listen(Multiaddr... addresses) {
            return listen(List.of(addresses));
        }

        public Builder listen(Collection<Multiaddr> addresses) {
            this.listen = List.copyOf(addresses);
            return this;
        }

        public Builder announce(Collection<Multiaddr> addresses) {
            this.announce = List.copyOf(addresses);
            return this;
        }

        public Builder agentVersion(String value) {
            this.agentVersion = value;
            return this;
        }

        public Builder connectionTimeout(Duration value) {
            this.connectionTimeout = value;
            return this;
        }

        public Builder keepAlive(Duration value) {
            this.keepAlive = value;
            return this;
        }

        public Builder maxConnections(int value) {
            this.maxConnections = value;
            return this;
        }

        public Builder water(int low, int high) {
            this.lowWater = low;
            this.highWater = high;
            return this;
        }

        public Builder trimGrace(Duration value) {
            this.trimGrace = value;
            return this;
        }

        public Builder perIp(int value) {
            this.perIp = value;
            return this;
        }

        public Builder inboundRate(InboundRate value) {
            this.inboundRate = value;
            return this;
        }

        /** If any, nobody else gets in. */
        public Builder members(Collection<PeerId> value) {
            this.gate = gate.withMembers(Set.copyOf(value));
            return this;
        }

        public Builder gate(GateRules value) {
            this.gate = value;
            return this;
        }

        /** Unless this is called, they follow the heap: {@link Limits#ofThisProcess}. */
        public Builder limits(Limits value) {
            this.limits = value;
            return this;
        }

        public Builder security(Security... value) {
            this.security = List.of(value);
            return this;
        }

        public Builder dnsServer(InetSocketAddress value) {
            this.dnsServer = Optional.of(value);
            return this;
        }

        /** What the host counts with: nothing, unless it is told otherwise. */
        public Builder metrics(Metrics value) {
            this.metrics = value;
            return this;
        }

        public Builder nat(NatConfig value) {
            this.nat = value;
            return this;
        }

        public Builder relay(RelayConfig value) {
            this.relay = value;
            return this;
        }

        /**
         * @throws IllegalArgumentException if a number or a duration is out of its bounds
         */
        public HostConfig build() {
            return new HostConfig(
                    identity,
                    listen,
                    announce,
                    agentVersion,
                    connectionTimeout,
                    keepAlive,
                    maxConnections,
                    lowWater,
                    highWater,
                    trimGrace,
                    perIp,
                    inboundRate,
                    gate,
                    limits,
                    security,
                    dnsServer,
                    metrics,
                    nat,
                    relay);
        }
    }
}
