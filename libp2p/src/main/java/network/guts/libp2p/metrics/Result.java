package network.guts.libp2p.metrics;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.util.Locale;
import network.guts.core.host.UnsupportedProtocolException;
import network.guts.libp2p.security.WrongPeerException;
import network.guts.libp2p.transport.UnsupportedAddressException;

/** How a dial or a handshake ended. */
public enum Result {
    OK,
    /** Nobody answered in time. */
    TIMEOUT,
    /** The remote's machine said that nobody listens there. */
    REFUSED,
    UNREACHABLE,
    WRONG_PEER,
    /** Both sides have no protocol in common. */
    NO_PROTOCOL,
    /** This host cannot use such an address. */
    UNSUPPORTED,
    /** The address failed a moment ago: nobody was asked. */
    BACKOFF,
    /** A limit or the gate of this host was in the way: nobody was asked. */
    NOT_ALLOWED,
    /** Another address was faster, or nobody waited any more. */
    GIVEN_UP,
    /** The connection was there, and this host did not want it. */
    NOT_ADMITTED,
    FAILED;

    /** Exceptions say little by their type: so many causes are looked at. */
    private static final int MAX_CAUSES = 8;

    /** What {@code failure} tells. */
    public static Result of(IOException failure) {
        Throwable cause = failure;
        for (int i = 0; cause != null && i < MAX_CAUSES; i++) {
            Result result = ofOne(cause);
            if (result != FAILED) {
                return result;
            }
            cause = cause.getCause();
        }
        return FAILED;
    }

    private static Result ofOne(Throwable cause) {
        return switch (cause) {
            case SocketTimeoutException late -> TIMEOUT;
            case io.netty.channel.ConnectTimeoutException late -> TIMEOUT;
            case InterruptedIOException interrupted -> GIVEN_UP;
            case ClosedByInterruptException interrupted -> GIVEN_UP;
            case NoRouteToHostException noRoute -> UNREACHABLE;
            case ConnectException refused -> {
                String message = refused.getMessage();
                yield message != null && message.contains("refused") ? REFUSED : UNREACHABLE;
            }
            case WrongPeerException other -> WRONG_PEER;
            case UnsupportedAddressException unusable -> UNSUPPORTED;
            case UnsupportedProtocolException nothing -> NO_PROTOCOL;
            default -> FAILED;
        };
    }

    /** As a label's value. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
