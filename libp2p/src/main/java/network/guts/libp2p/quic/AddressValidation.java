package network.guts.libp2p.quic;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.quic.QuicTokenHandler;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Retry (RFC 9000, 8.1.2): under load a remote must show that it receives at its address before any state is kept for
 * it. A token is {@code mac | nanoTime | original destination id}; the MAC covers the address too. Used by one event loop.
 */
final class AddressValidation implements QuicTokenHandler {
    private static final String ALGORITHM = "HmacSHA256";
    private static final int MAC_BYTES = 16;
    private static final int HEADER = MAC_BYTES + Long.BYTES;
    private static final int MAX_ID = 20;

    /** A client answers a Retry at once. */
    private static final long VALID_NANOS = TimeUnit.SECONDS.toNanos(15);

    private final BooleanSupplier underLoad;
    private final Mac mac;

    AddressValidation(BooleanSupplier underLoad) {
        this.underLoad = underLoad;
        byte[] key = new byte[32];
        new SecureRandom().nextBytes(key);
        try {
            mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key, ALGORITHM));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java platform has no " + ALGORITHM, e);
        }
    }

    /** Writes a token if one is asked for; without one the handshake goes on. */
    @Override
    public boolean writeToken(ByteBuf out, ByteBuf dcid, InetSocketAddress address) {
        if (!underLoad.getAsBoolean() || dcid.readableBytes() > MAX_ID) {
            return false;
        }
        long now = System.nanoTime();
        byte[] id = new byte[dcid.readableBytes()];
        dcid.getBytes(dcid.readerIndex(), id);
        out.writeBytes(authenticate(now, id, address));
        out.writeLong(now);
        out.writeBytes(id);
        return true;
    }

    /** Where the original destination id begins in the token, or -1 if it is not one of ours, or of another address. */
    @Override
    public int validateToken(ByteBuf token, InetSocketAddress address) {
        int length = token.readableBytes();
        if (length < HEADER || length > maxTokenLength()) {
            return -1;
        }
        byte[] all = new byte[length];
        token.getBytes(token.readerIndex(), all);
        long time = ByteBuffer.wrap(all).getLong(MAC_BYTES);
        byte[] expected = authenticate(time, Arrays.copyOfRange(all, HEADER, length), address);
        boolean valid = MessageDigest.isEqual(expected, Arrays.copyOf(all, MAC_BYTES))
                && System.nanoTime() - time < VALID_NANOS;
        return valid ? HEADER : -1;
    }

    private byte[] authenticate(long time, byte[] id, InetSocketAddress address) {
        mac.update(ByteBuffer.allocate(Long.BYTES + Integer.BYTES)
                .putLong(time)
                .putInt(address.getPort())
                .flip());
        mac.update(address.getAddress().getAddress());
        return Arrays.copyOf(mac.doFinal(id), MAC_BYTES);
    }

    @Override
    public int maxTokenLength() {
        return HEADER + MAX_ID;
    }
}
