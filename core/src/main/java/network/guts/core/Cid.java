package network.guts.core;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/**
 * A content identifier, version 1. Guts writes base32; it reads base32 ({@code b…}), base58btc ({@code z…}) and version
 * 0 ({@code Qm…}).
 *
 * @param codec the content's code in the multicodec table
 * @param hash the content's hash
 * @see <a href="https://github.com/multiformats/cid">CID</a>
 */
public record Cid(long codec, Multihash hash) {
    public static final long RAW = 0x55;
    public static final long DAG_PB = 0x70;
    public static final long LIBP2P_KEY = 0x72;

    /**
     * @throws MalformedException if {@code text} is no CID in one of the forms above
     */
    public static Cid parse(String text) throws MalformedException {
        if (text.length() == 46 && text.startsWith("Qm")) {
            return new Cid(DAG_PB, Multihash.parse(Multibase.fromBase58(text)));
        }
        if (text.startsWith("b")) {
            return fromBytes(Multibase.fromBase32(text.substring(1)));
        }
        if (text.startsWith("z")) {
            return fromBytes(Multibase.fromBase58(text.substring(1)));
        }
        throw new MalformedException("not a CID: it begins with none of b, z and Qm");
    }

    private static Cid fromBytes(byte[] bytes) throws MalformedException {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        if (Varint.read(in) != 1) {
            throw new MalformedException("not a CID of version 1");
        }
        long codec = Varint.read(in);
        Multihash hash = Multihash.read(in);
        if (in.hasRemaining()) {
            throw new MalformedException("CID with bytes behind it");
        }
        return new Cid(codec, hash);
    }

    /** Version 1, base32: {@code bafkrei…} for raw content. */
    @Override
    public String toString() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Varint.write(bytes, 1);
        Varint.write(bytes, codec);
        bytes.writeBytes(hash.toBytes());
        return "b" + Multibase.base32(bytes.toByteArray());
    }
}
