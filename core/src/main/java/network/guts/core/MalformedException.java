package network.guts.core;

import java.io.IOException;

/**
 * Bytes or text that are not what their format says. What a remote sends wrong ends here, at the border where bytes are
 * parsed; past it, only valid values travel. The message says what was wrong and is safe to log: it never holds raw
 * bytes of the remote.
 */
public final class MalformedException extends IOException {
    private static final long serialVersionUID = 1L;

    public MalformedException(String message) {
        super(message);
    }

    public MalformedException(String message, Throwable cause) {
        super(message, cause);
    }
}
