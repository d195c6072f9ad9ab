package network.guts.libp2p.swarm;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import network.guts.core.host.ConnectionInfo.Direction;
import network.guts.core.host.Stream;
import network.guts.core.host.UnsupportedProtocolException;
import network.guts.libp2p.limits.ErrorCode;
import network.guts.libp2p.limits.LimitExceededException;
import network.guts.libp2p.limits.Resource;
import network.guts.libp2p.limits.ResourceManager;
import network.guts.libp2p.limits.StreamScope;
import network.guts.libp2p.metrics.HostMetrics;
import network.guts.libp2p.metrics.StreamMeter;
import network.guts.libp2p.multistream.Multistream;
import network.guts.libp2p.multistream.Multistream.Negotiated;
import network.guts.libp2p.muxer.MuxedStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens and serves the streams of connections, within the limits. */
final class StreamServer {
    /** Why a stream is refused, as it is counted, if it is by no limit. */
    private static final String NO_PROTOCOL = "no protocol was agreed on";

    private static final Logger LOG = LoggerFactory.getLogger(StreamServer.class);

    private final Protocols protocols;
    private final ResourceManager resources;
    private final Duration negotiationTimeout;
    private final HostMetrics metrics;

    /**
     * @param negotiationTimeout how long a remote that opens a stream may take to agree on its protocol
     */
    StreamServer(Protocols protocols, ResourceManager resources, Duration negotiationTimeout, HostMetrics metrics) {
        this.protocols = protocols;
        this.resources = resources;
        this.negotiationTimeout = negotiationTimeout;
        this.metrics = metrics;
    }

    /**
     * Serves what the remote opens, until the connection has ended.
     *
     * @return why it ended
     */
    String serve(Connection connection) {
        try {
            while (true) {
                accept(connection, connection.muxed().accept());
            }
        } catch (IOException e) {
            return connection.muxed().endReason().orElseGet(() -> Reasons.of(e));
        }
    }

    int open() {
        return (int) resources.used(Resource.STREAMS);
    }

    private void accept(Connection connection, MuxedStream stream) {
        try {
            StreamScope scope = resources.openStream(connection.info().peer(), Direction.INBOUND);
            Thread.ofVirtual()
                    .name("stream-" + connection.info().peer().abbreviated())
                    .start(() -> handle(connection, stream, scope));
        } catch (LimitExceededException e) {
            LOG.debug("{}: stream refused, {}", connection, e.getMessage());
            stream.reset(e.code());
        }
    }

    private void handle(Connection connection, MuxedStream fresh, StreamScope scope) {
        boolean negotiated = false;
        ErrorCode code = ErrorCode.PROTOCOL_NEGOTIATION_FAILED;
        try {
            Negotiated agreed = Multistream.respond(fresh, protocols.ids(), negotiationTimeout);
            Optional<Protocols.Served> served = protocols.find(agreed.protocol());
            if (served.isEmpty()) {
                return;
            }
            scope.assign(agreed.protocol(), OptionalInt.of(served.get().perPeer()));
            negotiated = true;
            HostStream stream = new HostStream(
                    connection,
                    agreed.stream(),
                    agreed.protocol(),
                    scope,
                    metrics.streams(connection.info().transport(), agreed.protocol(), Direction.INBOUND));
            connection.started(stream, true);
            run(served.get(), stream);
        } catch (LimitExceededException e) {
            LOG.debug("{}: stream refused, {}", connection, e.getMessage());
            code = e.code();
        } catch (IOException e) {
            metrics.refused(NO_PROTOCOL);
            LOG.debug("{}: no protocol was agreed on: {}", connection, Reasons.of(e));
        } finally {
            if (!negotiated) {
                fresh.reset(code);
                scope.close();
            }
        }
    }

    private static void run(Protocols.Served served, HostStream stream) {
        boolean well = false;
        try {
            served.handler().handle(stream);
            well = true;
        } catch (IOException e) {
            LOG.debug("{}: {}", stream, Reasons.of(e));
        } catch (RuntimeException e) {
            LOG.error("the handler of {} failed", stream.protocol(), e);
        } finally {
            if (well) {
                stream.close();
            } else {
                stream.reset();
            }
        }
    }

    /**
     * Opens a stream on {@code connection}. Where the peer has said that it serves one of {@code wanted}, this costs no
     * round trip.
     *
     * @throws UnsupportedProtocolException if the peer serves none of {@code wanted}
     */
    Stream open(Connection connection, List<String> wanted, Duration timeout) throws IOException {
        Optional<String> said = connection
                .identified()
                .flatMap(peer ->
                        wanted.stream().filter(peer.protocols()::contains).findFirst());
        return said.isPresent()
                ? open(connection, timeout, (stream, left) -> Multistream.select(stream, List.of(said.get()), left))
                : open(connection, timeout, (stream, left) -> Multistream.agree(stream, wanted, left));
    }

    /**
     * Opens a stream on {@code connection} without waiting for the peer: if it does not serve {@code protocol}, the first
     * read throws {@link UnsupportedProtocolException}.
     */
    Stream openNow(Connection connection, String protocol, Duration timeout) throws IOException {
        return open(connection, timeout, (stream, left) -> Multistream.select(stream, List.of(protocol), left));
    }

    @FunctionalInterface
    private interface Negotiation {
        Negotiated run(MuxedStream stream, Duration timeout) throws IOException;
    }

    private Stream open(Connection connection, Duration timeout, Negotiation negotiation) throws IOException {
        long start = System.nanoTime();
        StreamScope scope = resources.openStream(connection.info().peer(), Direction.OUTBOUND);
        Optional<MuxedStream> fresh = Optional.empty();
        boolean ready = false;
        try {
            fresh = Optional.of(connection.muxed().open(timeout));
            Duration left = timeout.minusNanos(System.nanoTime() - start);
            Negotiated agreed = negotiation.run(fresh.get(), left);
            scope.assign(agreed.protocol(), OptionalInt.empty());
            StreamMeter meter = metrics.streams(connection.info().transport(), agreed.protocol(), Direction.OUTBOUND);
            HostStream stream = new HostStream(connection, agreed.stream(), agreed.protocol(), scope, meter);
            connection.started(stream, false);
            ready = true;
            return stream;
        } finally {
            if (!ready) {
                fresh.ifPresent(MuxedStream::reset);
                scope.close();
            }
        }
    }
}
