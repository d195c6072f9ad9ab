package network.guts.libp2p.tls;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.security.NoSuchAlgorithmException;
import java.security.NoSuchProviderException;
import java.security.Provider;
import java.security.Security;
import java.security.cert.CRL;
import java.security.cert.CRLException;
import java.security.cert.CertPath;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateFactorySpi;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Lets TLS engines take certificates without the name of an issuer, which is what js-libp2p shows and the JDK's reader
 * refuses. Both kinds of engine ask the platform for a reader, so one has to be registered for the process. It does what the
 * JDK's does, and only where that one fails it tries Conscrypt's. (Bouncy Castle's is as strict as the JDK's.)
 */
final class LenientCertificates {
    private static final String TYPE = "X.509";

    /** Where the JDK's own reader is. */
    private static final String JDK = "SUN";

    private LenientCertificates() {}

    /**
     * Makes sure that the process has the reader; the second call does nothing.
     *
     * @param conscrypt reads what the JDK does not
     */
    static void allow(Provider conscrypt) {
        Security.insertProviderAt(new Readers(conscrypt), 1);
    }

    private static final class Readers extends Provider {
        private static final long serialVersionUID = 1L;

        Readers(Provider conscrypt) {
            super("GutsCertificates", "1.0", "Reads certificates without an issuer's name");
            putService(
                    new Service(this, "CertificateFactory", TYPE, Reader.class.getName(), List.of("X509"), Map.of()) {
                        @Override
                        public Object newInstance(Object parameter) throws NoSuchAlgorithmException {
                            return new Reader(conscrypt);
                        }
                    });
        }
    }

    private static final class Reader extends CertificateFactorySpi {
        private final CertificateFactory strict;
        private final CertificateFactory lenient;

        Reader(Provider conscrypt) throws NoSuchAlgorithmException {
            try {
                strict = CertificateFactory.getInstance(TYPE, JDK);
                lenient = CertificateFactory.getInstance(TYPE, conscrypt);
            } catch (CertificateException | NoSuchProviderException e) {
                throw new NoSuchAlgorithmException(e);
            }
        }

        @Override
        public Certificate engineGenerateCertificate(InputStream in) throws CertificateException {
            if (!(in instanceof ByteArrayInputStream bytes)) {
                // Engines hand over what they have in memory; a file may be long, and is for the JDK alone.
                return strict.generateCertificate(in);
            }
            bytes.mark(0);
            try {
                return strict.generateCertificate(bytes);
            } catch (CertificateException refused) {
                bytes.reset();
                try {
                    return lenient.generateCertificate(bytes);
                } catch (CertificateException refusedTwice) {
                    refused.addSuppressed(refusedTwice);
                    throw refused;
                }
            }
        }

        @Override
        public Collection<? extends Certificate> engineGenerateCertificates(InputStream in)
                throws CertificateException {
            return strict.generateCertificates(in);
        }

        @Override
        public CRL engineGenerateCRL(InputStream in) throws CRLException {
            return strict.generateCRL(in);
        }

        @Override
        public Collection<? extends CRL> engineGenerateCRLs(InputStream in) throws CRLException {
            return strict.generateCRLs(in);
        }

        @Override
        public CertPath engineGenerateCertPath(InputStream in) throws CertificateException {
            return strict.generateCertPath(in);
        }

        @Override
        public CertPath engineGenerateCertPath(InputStream in, String encoding) throws CertificateException {
            return strict.generateCertPath(in, encoding);
        }

        @Override
        public CertPath engineGenerateCertPath(List<? extends Certificate> certificates) throws CertificateException {
            return strict.generateCertPath(certificates);
        }

        @Override
        public Iterator<String> engineGetCertPathEncodings() {
            return strict.getCertPathEncodings();
        }
    }
}
