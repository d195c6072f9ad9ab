package network.guts.sync.via;

import java.io.IOException;
import java.time.Duration;

/** The seeder has no room for one more at the moment. */
final class ViaBusyException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Duration retryAfter;

    ViaBusyException(String message, Duration retryAfter) {
        super(message);
        this.retryAfter = retryAfter;
    }

    Duration retryAfter() {
        return retryAfter;
    }
}
