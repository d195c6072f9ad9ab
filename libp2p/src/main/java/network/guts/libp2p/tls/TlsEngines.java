package network.guts.libp2p.tls;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import org.conscrypt.Conscrypt;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where TLS comes from. The rule: Conscrypt if its native library loads, otherwise the JDK. Both speak TLS 1.3 alone, show
 * this host's certificate, and ask for the remote's.
 *
 * <p>The reason is speed: Conscrypt moves three times as much as the JDK's engine, and chooses AES-128-GCM where the CPU
 * has instructions for it and ChaCha20-Poly1305 where it has not.
 */
final class TlsEngines {
    private static final Logger LOG = LoggerFactory.getLogger(TlsEngines.class);
    private static final String TLS13 = "TLSv1.3";
    private static final String ALIAS = "host";

    /** The JDK prefers AES-256, which costs more and protects no better here. */
    private static final String[] SUITES = {
        "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"
    };

    /** Loads the native library when the first connection needs it, and once. */
    private static final class Chosen {
        static final @Nullable Provider NATIVE =
                available(TlsEngines::conscrypt).orElse(null);
    }

    private final HostCertificate certificate;
    private final @Nullable Provider provider;

    private TlsEngines(HostCertificate certificate, @Nullable Provider provider) {
        this.certificate = certificate;
        this.provider = provider;
    }

    /** Engines of the fastest kind that there is here. */
    static TlsEngines of(HostCertificate certificate) {
        return new TlsEngines(certificate, Chosen.NATIVE);
    }

    /** Engines of {@code provider}, or of the JDK. */
    static TlsEngines of(HostCertificate certificate, Optional<Provider> provider) {
        return new TlsEngines(certificate, provider.orElse(null));
    }

    /** Tries the provider once; empty, with a line in the log, if it cannot be used on this machine. */
    static Optional<Provider> available(Supplier<Provider> provider) {
        try {
            Provider loaded = provider.get();
            SSLContext.getInstance(TLS13, loaded);
            return Optional.of(loaded);
        } catch (GeneralSecurityException | RuntimeException | LinkageError e) {
            LOG.info("no native TLS here, using the JDK's: {}", e.toString());
            return Optional.empty();
        }
    }

    /** Fails with a {@link LinkageError} where there is no library for the system, or it cannot be unpacked. */
    static Provider conscrypt() {
        Conscrypt.checkAvailability();
        Provider provider = Conscrypt.newProvider();
        LenientCertificates.allow(provider);
        return provider;
    }

    /**
     * An engine for the side that dialled.
     *
     * @param protocols what is offered by ALPN, the most wanted first
     */
    SSLEngine client(PeerTrustManager trust, List<String> protocols) {
        SSLEngine engine = engine(trust, true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setApplicationProtocols(protocols.toArray(String[]::new));
        engine.setSSLParameters(parameters);
        return engine;
    }

    /**
     * An engine for the side that listened.
     *
     * @param protocols what is accepted by ALPN
     */
    SSLEngine server(PeerTrustManager trust, AlpnChoice protocols) {
        SSLEngine engine = engine(trust, false);
        engine.setNeedClientAuth(true);
        engine.setHandshakeApplicationProtocolSelector((ignored, offered) -> protocols.choose(offered));
        return engine;
    }

    /** Gives an engine's native memory back at once; the garbage collector would see no need to hurry. */
    static void release(SSLEngine engine) {
        engine.closeOutbound();
        try {
            engine.closeInbound();
        } catch (SSLException e) {
            LOG.debug("closed before the remote's word of the end: {}", TlsRecords.reason(e));
        }
    }

    /** Without a host name, so that none is sent. A context of its own: sessions are never resumed. */
    private SSLEngine engine(PeerTrustManager trust, boolean client) {
        try {
            SSLContext context =
                    provider == null ? SSLContext.getInstance(TLS13) : SSLContext.getInstance(TLS13, provider);
            context.init(new KeyManager[] {new OneKey(certificate)}, new TrustManager[] {trust}, null);
            SSLEngine engine = context.createSSLEngine();
            engine.setUseClientMode(client);
            SSLParameters parameters = engine.getSSLParameters();
            parameters.setProtocols(new String[] {TLS13});
            if (provider == null) {
                parameters.setCipherSuites(SUITES);
            }
            engine.setSSLParameters(parameters);
            if (Conscrypt.isConscrypt(engine)) {
                Conscrypt.setUseSessionTickets(engine, false);
            }
            return engine;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java platform has no TLS 1.3", e);
        }
    }

    /** Shows one certificate to everybody. */
    private static final class OneKey extends X509ExtendedKeyManager {
        private final HostCertificate certificate;

        private OneKey(HostCertificate certificate) {
            this.certificate = certificate;
        }

        @Override
        public String[] getClientAliases(String keyType, Principal[] issuers) {
            return new String[] {ALIAS};
        }

        @Override
        public String chooseClientAlias(String[] keyType, Principal[] issuers, Socket socket) {
            return ALIAS;
        }

        @Override
        public String chooseEngineClientAlias(String[] keyType, Principal[] issuers, SSLEngine engine) {
            return ALIAS;
        }

        @Override
        public String[] getServerAliases(String keyType, Principal[] issuers) {
            return new String[] {ALIAS};
        }

        @Override
        public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
            return ALIAS;
        }

        @Override
        public String chooseEngineServerAlias(String keyType, Principal[] issuers, SSLEngine engine) {
            return ALIAS;
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return new X509Certificate[] {certificate.certificate()};
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return certificate.privateKey();
        }
    }
}
