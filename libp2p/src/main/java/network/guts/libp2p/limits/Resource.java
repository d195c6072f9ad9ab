package network.guts.libp2p.limits;

import java.util.Locale;

/** What is counted. */
public enum Resource {
    CONNECTIONS_INBOUND,
    CONNECTIONS_OUTBOUND,
    /** Both directions. */
    CONNECTIONS,
    STREAMS_INBOUND,
    STREAMS_OUTBOUND,
    /** Both directions. */
    STREAMS,
    /** Bytes. */
    MEMORY;

    /** As it is written in a configuration: {@code streams_inbound}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
