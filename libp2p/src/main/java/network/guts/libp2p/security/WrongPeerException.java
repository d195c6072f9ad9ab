package network.guts.libp2p.security;

import java.io.IOException;
import network.guts.core.PeerId;

/** Somebody else is there than was expected. The address may be good for that peer. */
public final class WrongPeerException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient PeerId actual;

    public WrongPeerException(PeerId expected, PeerId actual) {
        super("expected peer " + expected + ", but " + actual + " is there");
        this.actual = actual;
    }

    /** Who proved to be there. */
    public PeerId actual() {
        return actual;
    }
}
