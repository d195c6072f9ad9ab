package network.guts.libp2p.quic;

import io.netty.handler.codec.quic.QuicConnectionCloseEvent;
import java.nio.charset.StandardCharsets;
import network.guts.libp2p.limits.ErrorCode;
import network.guts.libp2p.swarm.Reasons;

/** What a remote's CONNECTION_CLOSE means, in words. */
final class CloseReasons {
    private static final int MAX_TEXT = 200;

    private CloseReasons() {}

    static String of(QuicConnectionCloseEvent close) {
        String text = Reasons.printable(new String(reason(close), StandardCharsets.UTF_8), MAX_TEXT)
                .strip();
        if (close.isApplicationClose()) {
            if (text.isEmpty() && close.error() != 0) {
                text = ErrorCode.ofConnection(close.error());
            }
            return "the remote closed it" + (text.isEmpty() ? "" : ": " + text);
        }
        String what = close.isTlsError()
                ? alert(QuicConnectionCloseEvent.extractTlsError(close.error()))
                : "error " + name(close.error());
        return "the remote ended it: " + what + (text.isEmpty() ? "" : " (" + text + ")");
    }

    /** Netty's event copies its reason, and has none where the remote's is empty: it must be in a handshake's end. */
    private static byte[] reason(QuicConnectionCloseEvent close) {
        try {
            return close.reason();
        } catch (NullPointerException empty) {
            return new byte[0];
        }
    }

    /** RFC 8446, 6. */
    private static String alert(int alert) {
        return switch (alert) {
            case 40 -> "it takes no handshake of this kind";
            case 42 -> "it refused the certificate";
            case 45 -> "it found the certificate expired";
            case 46 -> "it did not accept the certificate";
            case 48 -> "it does not know who signed the certificate";
            case 116 -> "it wants a certificate";
            case 120 -> "it does not speak libp2p";
            default -> "TLS alert " + alert;
        };
    }

    /** RFC 9000, 20.1. */
    private static String name(int code) {
        return switch (code) {
            case 0x0 -> "NO_ERROR";
            case 0x1 -> "INTERNAL_ERROR";
            case 0x2 -> "CONNECTION_REFUSED";
            case 0x3 -> "FLOW_CONTROL_ERROR";
            case 0x4 -> "STREAM_LIMIT_ERROR";
            case 0x5 -> "STREAM_STATE_ERROR";
            case 0x6 -> "FINAL_SIZE_ERROR";
            case 0x7 -> "FRAME_ENCODING_ERROR";
            case 0x8 -> "TRANSPORT_PARAMETER_ERROR";
            case 0xa -> "PROTOCOL_VIOLATION";
            case 0xb -> "INVALID_TOKEN";
            case 0xc -> "APPLICATION_ERROR";
            default -> "0x" + Integer.toHexString(code);
        };
    }
}
