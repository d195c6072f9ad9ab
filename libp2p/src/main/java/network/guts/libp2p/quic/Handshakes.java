package network.guts.libp2p.quic;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import network.guts.core.PeerId;
import network.guts.libp2p.tls.PeerTrustManager;

/**
 * One TLS context serves all connections, and each has its own idea of who must be there: finds the trust manager of a
 * handshake by its engine.
 */
final class Handshakes extends X509ExtendedTrustManager {
    private final InstantSource clock;
    private final ConcurrentMap<SSLEngine, PeerTrustManager> running = new ConcurrentHashMap<>();

    Handshakes(InstantSource clock) {
        this.clock = clock;
    }

    /** The trust manager of a handshake to come. */
    PeerTrustManager expecting(Optional<PeerId> peer) {
        return new PeerTrustManager(peer, clock);
    }

    void begin(SSLEngine engine, PeerTrustManager trust) {
        running.put(engine, trust);
    }

    void end(SSLEngine engine) {
        running.remove(engine);
    }

    int running() {
        return running.size();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        of(engine).checkClientTrusted(chain, type, engine);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        of(engine).checkServerTrusted(chain, type, engine);
    }

    private PeerTrustManager of(SSLEngine engine) throws CertificateException {
        PeerTrustManager trust = running.get(engine);
        if (trust == null) {
            throw new CertificateException("the handshake is over");
        }
        return trust;
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
        throw new CertificateException("a certificate without a handshake");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
        throw new CertificateException("a certificate without a handshake");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        throw new CertificateException("a certificate without a handshake");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        throw new CertificateException("a certificate without a handshake");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
