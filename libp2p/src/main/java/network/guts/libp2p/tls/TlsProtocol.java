package network.guts.libp2p.tls;

import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import network.guts.core.PeerId;
import network.guts.core.PrivateKey;
import network.guts.core.PublicKey;
import network.guts.libp2p.security.SecureConnection;
import network.guts.libp2p.security.SecurityProtocol;
import network.guts.libp2p.tcp.RawConnection;

/**
 * libp2p's TLS 1.3: both sides show a certificate, and the muxer is agreed on by ALPN within the handshake.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/tls/tls.md">tls</a>
 * @see <a href="https://github.com/libp2p/specs/blob/master/connections/inlined-muxer-negotiation.md">inlined muxer
 *     negotiation</a>
 */
public final class TlsProtocol implements SecurityProtocol {
    /** As multistream-select names it. */
    public static final String ID = "/tls/1.0.0";

    /** What ALPN says where the muxer is agreed on later. */
    static final String ALPN = "libp2p";

    private final TlsEngines engines;
    private final InstantSource clock;

    /** With a certificate of its own. */
    public TlsProtocol(PrivateKey identity, InstantSource clock) {
        this(HostCertificate.create(identity, clock), clock);
    }

    /**
     * @param clock for the validity of remotes' certificates
     */
    public TlsProtocol(HostCertificate certificate, InstantSource clock) {
        this(TlsEngines.of(certificate), clock);
    }

    TlsProtocol(TlsEngines engines, InstantSource clock) {
        this.engines = engines;
        this.clock = clock;
    }

    @Override
    public String id() {
        return ID;
    }

    @Override
    public String name() {
        return "tls";
    }

    @Override
    public SecureConnection outbound(RawConnection connection, Optional<PeerId> expected, List<String> muxers)
            throws IOException {
        PeerTrustManager trust = new PeerTrustManager(expected, clock);
        return secured(connection, engines.client(trust, alpn(muxers)), trust, muxers);
    }

    @Override
    public SecureConnection inbound(RawConnection connection, List<String> muxers) throws IOException {
        PeerTrustManager trust = new PeerTrustManager(Optional.empty(), clock);
        AlpnChoice choice = new AlpnChoice(alpn(muxers));
        SecureConnection secured = secured(connection, engines.server(trust, choice), trust, muxers);
        if (choice.failed()) {
            secured.close();
            throw new IOException("the remote offers no application protocol of libp2p");
        }
        return secured;
    }

    private static List<String> alpn(List<String> muxers) {
        List<String> all = new ArrayList<>(muxers);
        all.add(ALPN);
        return all;
    }

    private static SecureConnection secured(
            RawConnection connection, SSLEngine engine, PeerTrustManager trust, List<String> muxers)
            throws IOException {
        boolean done = false;
        try {
            PublicKey remote = new TlsHandshake(connection, engine, trust).run();
            Optional<String> muxer =
                    Optional.ofNullable(engine.getApplicationProtocol()).filter(muxers::contains);
            done = true;
            return new TlsConnection(connection, engine, remote, muxer);
        } finally {
            if (!done) {
                TlsEngines.release(engine);
            }
        }
    }
}
