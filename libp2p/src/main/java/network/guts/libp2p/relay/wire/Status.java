package network.guts.libp2p.relay.wire;

import java.util.Optional;

/** What a relay, or the target of a circuit, answers. */
public enum Status {
    OK(100, "ok"),
    RESERVATION_REFUSED(200, "it has no place for a reservation"),
    RESOURCE_LIMIT_EXCEEDED(201, "it relays as much as it can"),
    PERMISSION_DENIED(202, "it does not allow that"),
    CONNECTION_FAILED(203, "it does not get through to the peer"),
    NO_RESERVATION(204, "the peer has no reservation there"),
    MALFORMED_MESSAGE(400, "it does not understand the request"),
    UNEXPECTED_MESSAGE(401, "it did not expect the request");

    private final int code;
    private final String text;

    Status(int code, String text) {
        this.code = code;
        this.text = text;
    }

    /** The number that travels. */
    public int code() {
        return code;
    }

    /** What it means, for the end of a sentence about the relay. */
    public String text() {
        return text;
    }

    static Optional<Status> of(int code) {
        for (Status status : values()) {
            if (status.code == code) {
                return Optional.of(status);
            }
        }
        return Optional.empty();
    }
}
