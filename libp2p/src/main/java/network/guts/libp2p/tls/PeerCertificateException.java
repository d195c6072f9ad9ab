package network.guts.libp2p.tls;

import java.security.cert.CertificateException;
import java.util.Optional;
import network.guts.core.PeerId;

/** Why a remote's certificate does not authenticate a peer. The message is safe to log. */
public final class PeerCertificateException extends CertificateException {
    private static final long serialVersionUID = 1L;

    /** What is wrong with it. */
    public enum Fault {
        /** There is none, or more than one. */
        COUNT,
        /** It is not the DER of an X.509 certificate, or far too large for one. */
        MALFORMED,
        EXPIRED,
        NOT_YET_VALID,
        /** The libp2p extension is missing. */
        NO_EXTENSION,
        /** An extension appears more than once. */
        DOUBLED_EXTENSION,
        /** Another extension is marked as one that must be understood. */
        CRITICAL_EXTENSION,
        /** The libp2p extension is not what the specification says. */
        BAD_EXTENSION,
        /** It is not signed by its own key. */
        BAD_SELF_SIGNATURE,
        /** The key in the extension did not sign the certificate's key. */
        BAD_EXTENSION_SIGNATURE,
        /** A key or a signature of a kind that is weak or not supported. */
        UNSUPPORTED_KEY,
        /** It authenticates another peer than the expected one. */
        WRONG_PEER
    }

    private final Fault fault;
    private final transient Optional<PeerId> actual;

    PeerCertificateException(Fault fault, String message) {
        super(message);
        this.fault = fault;
        this.actual = Optional.empty();
    }

    PeerCertificateException(Fault fault, String message, Throwable cause) {
        super(message, cause);
        this.fault = fault;
        this.actual = Optional.empty();
    }

    private PeerCertificateException(PeerId expected, PeerId actual) {
        super("expected peer " + expected + ", but " + actual + " is there");
        this.fault = Fault.WRONG_PEER;
        this.actual = Optional.of(actual);
    }

    static PeerCertificateException wrongPeer(PeerId expected, PeerId actual) {
        return new PeerCertificateException(expected, actual);
    }

    /** Who is there instead, where the fault is {@link Fault#WRONG_PEER}. */
    public Optional<PeerId> actual() {
        return actual;
    }

    public Fault fault() {
        return fault;
    }
}
