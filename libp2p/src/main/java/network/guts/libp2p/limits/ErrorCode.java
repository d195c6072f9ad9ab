package network.guts.libp2p.limits;

/**
 * Why a connection is closed or a stream is reset, as a number that the remote is told: in the length field of Yamux's
 * go-away and reset, and in QUIC's frames.
 *
 * @see <a href="https://github.com/libp2p/specs/tree/master/error-codes">libp2p error codes</a>
 */
public enum ErrorCode {
    NONE(0, 0, "no reason was given"),
    PROTOCOL_NEGOTIATION_FAILED(0x1000, 0x1001, "no protocol was agreed on"),
    RESOURCE_LIMIT_EXCEEDED(0x1001, 0x1002, "a limit is reached there"),
    RATE_LIMITED(0x1002, 0x1003, "too many in a short time"),
    PROTOCOL_VIOLATION(0x1003, 0x1004, "it says that the protocol was broken"),
    SUPPLANTED(0x1004, 0x1005, "another one is used instead"),
    GARBAGE_COLLECTED(0x1005, 0x1006, "it was not used"),
    SHUTDOWN(0x1006, 0x1007, "the remote stops"),
    GATED(0x1007, 0x1008, "the remote does not let this host in");

    private final int connection;
    private final int stream;
    private final String text;

    ErrorCode(int connection, int stream, String text) {
        this.connection = connection;
        this.stream = stream;
        this.text = text;
    }

    /** The number when a connection is closed. */
    public int connection() {
        return connection;
    }

    /** The number when a stream is reset. */
    public int stream() {
        return stream;
    }

    /** What a remote's {@code code} on a connection means; the number itself where nothing is known of it. */
    public static String ofConnection(long code) {
        for (ErrorCode each : values()) {
            if (each.connection == code) {
                return each.text;
            }
        }
        return "code " + code;
    }

    /** The same of a stream. */
    public static String ofStream(long code) {
        for (ErrorCode each : values()) {
            if (each.stream == code) {
                return each.text;
            }
        }
        return "code " + code;
    }
}
