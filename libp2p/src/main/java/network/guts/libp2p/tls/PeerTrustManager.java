package network.guts.libp2p.tls;

import java.io.IOException;
import java.net.Socket;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import network.guts.core.PeerId;
import network.guts.core.PublicKey;
import network.guts.libp2p.security.WrongPeerException;
import org.jspecify.annotations.Nullable;

/**
 * Trusts certificates that authenticate a peer, and no authority. With an expected peer, that one alone: the other side
 * learns within the handshake that it is not who was wanted. Thread-safe.
 */
public final class PeerTrustManager extends X509ExtendedTrustManager {
    private final Optional<PeerId> expected;
    private final InstantSource clock;
    private volatile @Nullable PublicKey verified;
    private volatile @Nullable PeerCertificateException refused;

    /**
     * @param expected who must be there; empty where any peer will do
     */
    public PeerTrustManager(Optional<PeerId> expected, InstantSource clock) {
        this.expected = expected;
        this.clock = clock;
    }

    /** Whose certificate was trusted last: where this instance serves one handshake alone, the remote's identity. */
    public Optional<PublicKey> verified() {
        return Optional.ofNullable(verified);
    }

    /** Why the last certificate was not trusted, for TLS libraries that hide it. */
    public Optional<PeerCertificateException> refused() {
        return Optional.ofNullable(refused);
    }

    /** The same as what the other secure channel throws. */
    IOException wrongPeer(PeerCertificateException refused) {
        return expected.isPresent() && refused.actual().isPresent()
                ? new WrongPeerException(expected.get(), refused.actual().get())
                : new IOException(refused.getMessage(), refused);
    }

    private void check(X509Certificate[] chain) throws PeerCertificateException {
        try {
            PeerCertificate certificate = PeerCertificate.verify(chain, clock.instant());
            PeerId peer = certificate.peerId();
            if (expected.isPresent() && !expected.get().equals(peer)) {
                throw PeerCertificateException.wrongPeer(expected.get(), peer);
            }
            verified = certificate.key();
        } catch (PeerCertificateException e) {
            refused = e;
            throw e;
        }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws PeerCertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws PeerCertificateException {
        check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws PeerCertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws PeerCertificateException {
        check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws PeerCertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws PeerCertificateException {
        check(chain);
    }

    /** No authority. */
    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
