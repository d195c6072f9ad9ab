package network.guts.core.host;

import java.io.IOException;

/** The peer is there and serves none of the protocols that were asked for. */
public final class UnsupportedProtocolException extends IOException {
    private static final long serialVersionUID = 1L;

    public UnsupportedProtocolException(String message) {
        super(message);
    }
}
