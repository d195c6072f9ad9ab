package network.guts.core.host;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * What a connection through a relay may be used for: to reach a peer and to find a direct way, not for bulk.
 *
 * @param duration the relay ends the connection after this long; zero: it has not said so
 * @param bytes the relay ends it after so many bytes in one direction; empty: it has not said so
 * @see <a href="https://github.com/libp2p/specs/blob/master/relay/circuit-v2.md">circuit relay v2</a>
 */
public record ConnectionLimit(Duration duration, OptionalLong bytes) {
    public ConnectionLimit {
        if (duration.isNegative() || bytes.orElse(0) < 0) {
            throw new IllegalArgumentException("a limit is not negative");
        }
    }
}
