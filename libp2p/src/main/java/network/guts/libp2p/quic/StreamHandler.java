package network.guts.libp2p.quic;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamResetException;
import io.netty.util.ReferenceCountUtil;
import network.guts.libp2p.limits.ErrorCode;

/**
 * Tells a {@link QuicStream} what Netty tells of it, on the event loop.
 *
 * <p>Netty would hand over what each packet brings. Reading is asked for instead: the first bytes that come announce
 * themselves, and all that the other packets of this turn of the event loop bring is read at once behind them.
 */
final class StreamHandler extends ChannelInboundHandlerAdapter {
    private static final int LEAST = 1024;
    private static final int FIRST = 4 * 1024;
    private static final int MOST = 64 * 1024;

    private static final int AT_ONCE = 16;

    private final QuicConnection connection;
    private final QuicStream stream;

    /** True from the first bytes of a turn of the event loop until all of the others were read. */
    private boolean gathering;

    StreamHandler(QuicConnection connection, QuicStream stream) {
        this.connection = connection;
        this.stream = stream;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        QuicStreamChannel channel = (QuicStreamChannel) context.channel();
        channel.config().setAllocator(PooledByteBufAllocator.DEFAULT);
        channel.config().setAllowHalfClosure(true);
        channel.config()
                .setRecvByteBufAllocator(
                        new AdaptiveRecvByteBufAllocator(LEAST, FIRST, MOST).maxMessagesPerRead(AT_ONCE));
        channel.config().setAutoRead(false);
        stream.attached(channel, () -> readAll(context));
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        context.read();
        context.fireChannelActive();
    }

    /** Reads all that has come, and asks to hear of more, unless too much waits for its reader. */
    private void readAll(ChannelHandlerContext context) {
        gathering = false;
        ChannelConfig config = context.channel().config();
        if (!stream.isPaused()) {
            config.setAutoRead(true);
            config.setAutoRead(false);
        }
        stream.dataComplete();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof ByteBuf bytes) {
            stream.data(bytes);
            if (stream.isPaused()) {
                context.channel().config().setAutoRead(false);
            }
        } else {
            ReferenceCountUtil.release(message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        connection.heard();
        if (!gathering && !context.channel().config().isAutoRead()) {
            gathering = true;
            context.executor().execute(() -> readAll(context));
        }
        context.fireChannelReadComplete();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            stream.remoteEnded();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof QuicStreamResetException reset) {
            long code = reset.applicationProtocolCode();
            stream.remoteReset("the remote reset the stream" + (code == 0 ? "" : ": " + ErrorCode.ofStream(code)));
        } else {
            stream.remoteReset("the stream broke: " + cause.getMessage());
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        stream.inactive();
    }
}
