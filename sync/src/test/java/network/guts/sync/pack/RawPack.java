package network.guts.sync.pack;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.Deflater;
import network.guts.core.Bytes;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.PackDescriptor;

/** Packs made byte by byte, also bad ones. */
public final class RawPack {
    private final ByteArrayOutputStream entries = new ByteArrayOutputStream();
    private final List<Long> offsets = new ArrayList<>();
    private int objects;

    public static byte[] zip(byte[] data) {
        Deflater deflater = new Deflater();
        deflater.setInput(data);
        deflater.finish();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] piece = new byte[4096];
        while (!deflater.finished()) {
            out.write(piece, 0, deflater.deflate(piece));
        }
        deflater.end();
        return out.toByteArray();
    }

    public static byte[] header(int type, long size) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int first = type << 4 | (int) (size & 15);
        for (long rest = size >>> 4; rest != 0; rest >>>= 7) {
            out.write(first | 0x80);
            first = (int) (rest & 0x7f);
        }
        out.write(first);
        return out.toByteArray();
    }

    public static ObjectId id(String type, byte[] data) {
        var sha1 = PackFormat.sha1();
        sha1.update((type + " " + data.length + "\0").getBytes(StandardCharsets.US_ASCII));
        return new ObjectId(Bytes.of(sha1.digest(data)));
    }

    public static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** A delta: sizes of base and result, then instructions. */
    static byte[] delta(int base, int result, int... instructions) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int size : new int[] {base, result}) {
            int rest = size;
            while (rest > 0x7f) {
                out.write(rest & 0x7f | 0x80);
                rest >>>= 7;
            }
            out.write(rest);
        }
        for (int instruction : instructions) {
            out.write(instruction);
        }
        return out.toByteArray();
    }

    long next() {
        return (long) PackFormat.HEADER_BYTES + entries.size();
    }

    public RawPack raw(byte[]... pieces) {
        offsets.add(next());
        for (byte[] piece : pieces) {
            entries.writeBytes(piece);
        }
        objects++;
        return this;
    }

    public RawPack whole(int type, byte[] data) {
        return raw(header(type, data.length), zip(data));
    }

    public RawPack blob(String text) {
        return whole(3, bytes(text));
    }

    RawPack ofs(long base, byte[] delta) {
        return raw(header(6, delta.length), Merge.distance(next() - base), zip(delta));
    }

    RawPack ref(ObjectId base, byte[] delta) {
        return raw(header(7, delta.length), base.bytes().toArray(), zip(delta));
    }

    public byte[] build() {
        return build(objects);
    }

    public byte[] build(int count) {
        byte[] body = entries.toByteArray();
        ByteBuffer pack = ByteBuffer.allocate(PackFormat.HEADER_BYTES + body.length + PackFormat.TRAILER_BYTES);
        pack.putInt(PackFormat.SIGNATURE).putInt(2).putInt(count).put(body);
        var sha1 = PackFormat.sha1();
        sha1.update(pack.array(), 0, pack.position());
        pack.put(sha1.digest());
        return pack.array();
    }

    /** The descriptor that fits what was added. */
    static PackDescriptor describe(byte[] pack, int chunkSize, List<Long> offsets, int objects, List<ObjectId> bases) {
        List<PackDescriptor.Chunk> chunks = new ArrayList<>();
        for (long start = 0; start < pack.length; start += chunkSize) {
            long from = start;
            int length = (int) Math.min(chunkSize, pack.length - start);
            int first = offsets.stream()
                    .filter(offset -> offset >= from && offset < from + length)
                    .mapToInt(offset -> (int) (offset - from))
                    .min()
                    .orElse(PackDescriptor.NO_ENTRY);
            chunks.add(new PackDescriptor.Chunk(
                    Bytes.sha256(Bytes.of(pack, (int) start, length).toArray()), first));
        }
        return new PackDescriptor(pack.length, objects, chunkSize, chunks, bases, List.of());
    }

    public PackDescriptor descriptor(byte[] pack, int chunkSize, ObjectId... bases) {
        return describe(pack, chunkSize, offsets, objects, List.of(bases));
    }
}
