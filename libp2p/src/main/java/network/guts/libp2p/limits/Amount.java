package network.guts.libp2p.limits;

import network.guts.core.host.ConnectionInfo.Direction;

/** What is reserved or given back at once. */
record Amount(int connections, int streams, Direction direction, long memory) {
    static Amount connection(Direction direction, long memory) {
        return new Amount(1, 0, direction, memory);
    }

    static Amount stream(Direction direction, long memory) {
        return new Amount(0, 1, direction, memory);
    }

    static Amount memory(long bytes) {
        return new Amount(0, 0, Direction.INBOUND, bytes);
    }

    long of(Resource resource) {
        boolean inbound = direction == Direction.INBOUND;
        return switch (resource) {
            case CONNECTIONS -> connections;
            case CONNECTIONS_INBOUND -> inbound ? connections : 0;
            case CONNECTIONS_OUTBOUND -> inbound ? 0 : connections;
            case STREAMS -> streams;
            case STREAMS_INBOUND -> inbound ? streams : 0;
            case STREAMS_OUTBOUND -> inbound ? 0 : streams;
            case MEMORY -> memory;
        };
    }
}
