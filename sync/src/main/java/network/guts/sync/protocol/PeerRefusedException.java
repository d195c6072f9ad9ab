package network.guts.sync.protocol;

import java.io.IOException;
import network.guts.core.PeerId;
import network.guts.sync.wire.SyncMessage;

/** The peer answered a request with an error of the protocol. */
public final class PeerRefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient SyncMessage.Failure failure;

    public PeerRefusedException(PeerId peer, SyncMessage.Failure failure) {
        super(peer.abbreviated() + " answered: " + failure.code().name().toLowerCase(java.util.Locale.ROOT) + " ("
                + Printable.of(failure.message()) + ")");
        this.failure = failure;
    }

    public SyncMessage.Failure failure() {
        return failure;
    }
}
