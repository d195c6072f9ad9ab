package network.guts.libp2p.quic;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicConnectionCloseEvent;
import io.netty.handler.codec.quic.QuicStreamLimitChangedEvent;
import java.util.Optional;
import network.guts.libp2p.tls.PeerTrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells a {@link QuicConnection} what Netty tells of it, on the event loop. */
final class ConnectionHandler extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionHandler.class);

    private final QuicConnection connection;
    private final PeerTrustManager trust;
    private Optional<String> remoteReason = Optional.empty();
    private Optional<String> failure = Optional.empty();

    ConnectionHandler(QuicConnection connection, PeerTrustManager trust) {
        this.connection = connection;
        this.trust = trust;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        QuicChannel quic = (QuicChannel) context.channel();
        connection.attached(quic);
        quic.closeFuture().addListener(done -> ended(quic));
        if (!connection.isOpen()) {
            Outcome.ofNoConcern(quic.close());
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        connection.established();
        context.fireChannelActive();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof QuicConnectionCloseEvent close) {
            remoteReason = Optional.of(CloseReasons.of(close));
        } else if (event instanceof QuicStreamLimitChangedEvent) {
            connection.limitChanged();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        LOG.debug("{}: {}", context.channel(), cause.toString());
        if (failure.isEmpty()) {
            failure = Optional.of("the handshake failed or the remote broke the protocol: " + cause.getMessage());
        }
    }

    /** However it ended, established or not. */
    private void ended(QuicChannel quic) {
        String reason = remoteReason
                .or(() -> trust.refused().map(Throwable::getMessage))
                .or(() -> quic.isTimedOut() ? Optional.of(silent()) : Optional.empty())
                .or(() -> failure)
                .orElse("the connection was lost");
        connection.gone(reason);
    }

    private String silent() {
        return "nothing was heard for " + connection.config().idleTimeout().toSeconds() + " s";
    }
}
