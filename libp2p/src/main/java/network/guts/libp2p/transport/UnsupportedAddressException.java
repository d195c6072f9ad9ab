package network.guts.libp2p.transport;

import java.io.IOException;

/** An address that is well formed and that this host has no transport for. */
public final class UnsupportedAddressException extends IOException {
    private static final long serialVersionUID = 1L;

    public UnsupportedAddressException(String message) {
        super(message);
    }
}
