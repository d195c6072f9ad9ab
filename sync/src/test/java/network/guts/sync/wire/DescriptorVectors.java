package network.guts.sync.wire;

import static network.guts.sync.Fixtures.hash;
import static network.guts.sync.Fixtures.object;
import static network.guts.sync.Fixtures.pack;
import static network.guts.sync.wire.PayloadVectors.payload;
import static network.guts.sync.wire.VectorGenerator.concat;
import static network.guts.sync.wire.VectorGenerator.field;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.sync.Fixtures;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.PackDescriptor;

/** Descriptors of packs, good and malformed. */
final class DescriptorVectors {
    private static final PackDescriptor SMALL = new PackDescriptor(
            1000,
            3,
            PackDescriptor.CHUNK_SIZE,
            List.of(new PackDescriptor.Chunk(hash("c"), 12)),
            sortedObjects("a", "b"),
            List.of());

    private static final PackDescriptor LARGE = new PackDescriptor(
            (2L << 20) + 500,
            4,
            PackDescriptor.CHUNK_SIZE,
            List.of(
                    new PackDescriptor.Chunk(hash("0"), 12),
                    new PackDescriptor.Chunk(hash("1"), PackDescriptor.NO_ENTRY),
                    new PackDescriptor.Chunk(hash("2"), 0)),
            List.of(),
            List.of(pack("in 1"), pack("in 0")));

    private DescriptorVectors() {}

    static List<Vector> all() throws MalformedException {
        List<Vector> out = new ArrayList<>();
        byte[] good = PackDescriptorCodec.encode(SMALL);
        payload(out, "thin pack", "descriptor", good, true);
        payload(out, "three chunks, consolidated", "descriptor", PackDescriptorCodec.encode(LARGE), true);
        PackDescriptor empty = new PackDescriptor(
                32,
                0,
                PackDescriptor.CHUNK_SIZE,
                List.of(new PackDescriptor.Chunk(hash("e"), -1)),
                List.of(),
                List.of());
        payload(out, "pack without objects", "descriptor", PackDescriptorCodec.encode(empty), true);
        payload(out, "unknown field", "descriptor", concat(good, field(15, new byte[1])), false);
        payload(
                out,
                "size twice",
                "descriptor",
                concat(good, Bytes.fromHex("08e807").toArray()),
                false);
        payload(
                out,
                "varint that is not minimal",
                "descriptor",
                concat(Bytes.fromHex("08e88700").toArray(), Arrays.copyOfRange(good, 3, good.length)),
                false);
        payload(
                out,
                "fields out of order",
                "descriptor",
                concat(Arrays.copyOfRange(good, 3, good.length), Arrays.copyOf(good, 3)),
                false);
        byte[] chunk = concat(field(1, hash("e").toArray()), new byte[] {16, 0});
        payload(
                out,
                "default written out",
                "descriptor",
                concat(Bytes.fromHex("082018808040").toArray(), field(4, chunk)),
                false);
        chunks(out);
        objects(out);
        payload(out, "nothing", "descriptor", new byte[0], false);
        return out;
    }

    private static void chunks(List<Vector> out) throws MalformedException {
        payload(
                out,
                "chunk missing",
                "descriptor",
                PackDescriptorCodec.encode(new PackDescriptor(
                        LARGE.size(), 4, LARGE.chunkSize(), LARGE.chunks().subList(0, 2), List.of(), List.of())),
                false);
        payload(
                out,
                "chunk too many",
                "descriptor",
                PackDescriptorCodec.encode(new PackDescriptor(
                        1000, 4, LARGE.chunkSize(), LARGE.chunks().subList(0, 2), List.of(), List.of())),
                false);
        payload(
                out,
                "another chunk size",
                "descriptor",
                PackDescriptorCodec.encode(new PackDescriptor(1000, 3, 1 << 19, SMALL.chunks(), List.of(), List.of())),
                false);
        payload(out, "first entry behind the last chunk's end", "descriptor", chunked(LARGE, 2, 500), false);
        payload(out, "first entry in the trailer", "descriptor", chunked(LARGE, 2, 481), false);
        payload(out, "first entry over the chunk size", "descriptor", chunked(LARGE, 1, 1 << 20), false);
        payload(out, "first entry of the pack not behind its header", "descriptor", chunked(LARGE, 0, 13), false);
    }

    private static void objects(List<Vector> out) throws MalformedException {
        payload(
                out,
                "more objects than fit",
                "descriptor",
                PackDescriptorCodec.encode(
                        new PackDescriptor(1000, 108, SMALL.chunkSize(), SMALL.chunks(), List.of(), List.of())),
                false);
        payload(
                out,
                "more entries than objects",
                "descriptor",
                PackDescriptorCodec.encode(
                        new PackDescriptor(LARGE.size(), 1, LARGE.chunkSize(), LARGE.chunks(), List.of(), List.of())),
                false);
        payload(
                out,
                "bases not sorted",
                "descriptor",
                PackDescriptorCodec.encode(new PackDescriptor(
                        1000,
                        3,
                        SMALL.chunkSize(),
                        SMALL.chunks(),
                        sortedObjects("a", "b").reversed(),
                        List.of())),
                false);
        payload(
                out,
                "base twice",
                "descriptor",
                PackDescriptorCodec.encode(new PackDescriptor(
                        1000, 3, SMALL.chunkSize(), SMALL.chunks(), List.of(object("a"), object("a")), List.of())),
                false);
        payload(
                out,
                "input twice",
                "descriptor",
                PackDescriptorCodec.encode(new PackDescriptor(
                        1000, 3, SMALL.chunkSize(), SMALL.chunks(), List.of(), List.of(pack("a"), pack("a")))),
                false);
    }

    private static byte[] chunked(PackDescriptor pack, int index, int firstEntry) {
        List<PackDescriptor.Chunk> chunks = new ArrayList<>(pack.chunks());
        chunks.set(index, new PackDescriptor.Chunk(chunks.get(index).sha256(), firstEntry));
        return PackDescriptorCodec.encode(
                new PackDescriptor(pack.size(), pack.objects(), pack.chunkSize(), chunks, pack.bases(), pack.inputs()));
    }

    private static List<ObjectId> sortedObjects(String... names) {
        return Arrays.stream(names).map(Fixtures::object).sorted().toList();
    }
}
