package network.guts.libp2p.quic;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DatagramPacket;
import io.netty.handler.codec.quic.QuicConnectionAddress;
import java.security.SecureRandom;

/**
 * Lets connections that were dialled and such that were accepted share a socket. Netty has a codec for each, and each
 * takes or drops every packet that it sees. Dials choose ids that begin with this socket's tag: their packets pass by
 * the server's codec, to the gate behind it.
 */
final class Demultiplexer extends ChannelInboundHandlerAdapter {
    static final int ID_BYTES = 20;
    private static final int SHORT_HEADER_ID = 1;
    private static final int LONG_HEADER_ID = 6;
    private static final int LONG_HEADER = 0x80;

    private final SecureRandom random = new SecureRandom();
    private final long tag = random.nextLong();
    private final Gate gate = new Gate();
    private boolean dialled;

    /** Stands between the two codecs. */
    Gate gate() {
        return gate;
    }

    /** An id for a dial. */
    QuicConnectionAddress newId() {
        byte[] id = new byte[ID_BYTES];
        random.nextBytes(id);
        for (int at = 0; at < Long.BYTES; at++) {
            id[at] = (byte) (tag >> 8 * (Long.BYTES - 1 - at));
        }
        return new QuicConnectionAddress(id);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof DatagramPacket packet && isDialled(packet.content())) {
            dialled = true;
            gate.read(packet);
        } else {
            context.fireChannelRead(message);
        }
    }

    /** The server's codec keeps this event for itself. */
    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        context.fireChannelReadComplete();
        if (dialled) {
            dialled = false;
            gate.readComplete();
        }
    }

    private boolean isDialled(ByteBuf packet) {
        int start = packet.readerIndex();
        if (packet.readableBytes() < LONG_HEADER_ID + ID_BYTES) {
            return false;
        }
        boolean longHeader = (packet.getByte(start) & LONG_HEADER) != 0;
        if (longHeader && packet.getByte(start + LONG_HEADER_ID - 1) != ID_BYTES) {
            return false;
        }
        return packet.getLong(start + (longHeader ? LONG_HEADER_ID : SHORT_HEADER_ID)) == tag;
    }

    /** Where packets of dials come in again. */
    static final class Gate extends ChannelInboundHandlerAdapter {
        private final java.util.ArrayList<ChannelHandlerContext> here = new java.util.ArrayList<>(1);

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            here.add(context);
        }

        private void read(DatagramPacket packet) {
            here.getFirst().fireChannelRead(packet);
        }

        private void readComplete() {
            here.getFirst().fireChannelReadComplete();
        }
    }
}
