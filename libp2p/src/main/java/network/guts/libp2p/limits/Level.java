package network.guts.libp2p.limits;

import java.util.List;
import java.util.Locale;

/** Where it is counted. Whatever there is counts at several levels at once, and each has a limit of its own. */
public enum Level {
    /** Everything. */
    SYSTEM("all together"),
    /** Connections until the handshake is over, and streams until a protocol is agreed on. */
    TRANSIENT("handshakes, and streams without a protocol yet"),
    /** One peer. */
    PEER("one peer"),
    /** One protocol, over all peers. */
    PROTOCOL("one protocol"),
    /** One protocol with one peer. */
    PROTOCOL_PEER("one protocol with one peer"),
    /** The protocols that belong together, over all peers. */
    SERVICE("one service: protocols that belong together"),
    /** A service with one peer. */
    SERVICE_PEER("one service with one peer");

    private final String description;

    Level(String description) {
        this.description = description;
    }

    /** As it is written in a configuration: {@code service_peer}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What counts here, for people. */
    public String description() {
        return description;
    }

    /** What is counted here: no connection belongs to a protocol. */
    public List<Resource> resources() {
        return switch (this) {
            case SYSTEM, TRANSIENT, PEER -> List.of(Resource.values());
            default -> List.of(Resource.STREAMS_INBOUND, Resource.STREAMS_OUTBOUND, Resource.STREAMS, Resource.MEMORY);
        };
    }
}
