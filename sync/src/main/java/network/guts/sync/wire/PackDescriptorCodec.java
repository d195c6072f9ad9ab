package network.guts.sync.wire;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.PackDescriptor;
import network.guts.sync.model.PackDescriptor.Chunk;
import network.guts.sync.model.PackId;
import network.guts.sync.wire.proto.ChunkPb;
import network.guts.sync.wire.proto.PackDescriptorPb;

/**
 * {@link PackDescriptor} as canonical protobuf: fields in tag order, minimal varints, defaults omitted, no unknown
 * fields. Bytes that differ from what {@link #encode} makes of them are invalid, so that a pack has one id.
 */
public final class PackDescriptorCodec {
    /** A git pack counts its objects in 32 bits. */
    private static final long MAX_OBJECTS = 0xffff_ffffL;

    private PackDescriptorCodec() {}

    public static byte[] encode(PackDescriptor descriptor) {
        PackDescriptorPb.Builder out = PackDescriptorPb.newBuilder()
                .setSize(descriptor.size())
                .setObjects(descriptor.objects())
                .setChunkSize(descriptor.chunkSize());
        for (Chunk chunk : descriptor.chunks()) {
            out.addChunks(
                    ChunkPb.newBuilder().setSha256(Fields.of(chunk.sha256())).setFirstEntry(chunk.firstEntry() + 1));
        }
        descriptor.bases().forEach(base -> out.addBases(Fields.of(base.bytes())));
        descriptor.inputs().forEach(input -> out.addInputs(Fields.of(input.hash())));
        return out.build().toByteArray();
    }

    /** The id of the pack that {@code descriptor} describes. */
    public static PackId id(PackDescriptor descriptor) {
        return id(encode(descriptor));
    }

    /** The id that these bytes have, if they are a descriptor. */
    public static PackId id(byte[] descriptor) {
        return new PackId(Bytes.sha256(descriptor));
    }

    /**
     * @throws MalformedException if it is no descriptor, is not canonical, or contradicts itself
     */
    public static PackDescriptor decode(byte[] bytes) throws MalformedException {
        PackDescriptorPb in =
                Fields.parse(PackDescriptorPb.parser(), bytes, PackDescriptor.MAX_ENCODED, "pack descriptor");
        long size = in.getSize();
        if (in.getChunkSize() != PackDescriptor.CHUNK_SIZE) {
            throw new MalformedException("a pack with chunks of another size than 1 MiB");
        }
        if (size < PackDescriptor.PACK_HEADER + PackDescriptor.PACK_TRAILER
                || size > (long) PackDescriptor.MAX_CHUNKS * PackDescriptor.CHUNK_SIZE) {
            throw new MalformedException("a pack smaller than an empty one, or over 64 GiB");
        }
        long entryBytes = size - PackDescriptor.PACK_HEADER - PackDescriptor.PACK_TRAILER;
        if (in.getObjects() < 0
                || in.getObjects() > MAX_OBJECTS
                || in.getObjects() > entryBytes / PackDescriptor.SMALLEST_ENTRY
                || in.getObjects() == 0 && entryBytes != 0) {
            throw new MalformedException("a pack whose number of objects does not fit its size");
        }
        PackDescriptor descriptor = new PackDescriptor(
                size, in.getObjects(), in.getChunkSize(), chunks(in), bases(in.getBasesList()), inputs(in));
        if (!Bytes.of(encode(descriptor)).equals(Bytes.of(bytes))) {
            throw new MalformedException("pack descriptor is not canonical");
        }
        return descriptor;
    }

    private static List<Chunk> chunks(PackDescriptorPb in) throws MalformedException {
        long expected = (in.getSize() + PackDescriptor.CHUNK_SIZE - 1) / PackDescriptor.CHUNK_SIZE;
        if (in.getChunksCount() != expected) {
            throw new MalformedException(
                    "a pack with " + in.getChunksCount() + " chunks where its size makes " + expected);
        }
        List<Chunk> chunks = new ArrayList<>(in.getChunksCount());
        long entriesEnd = in.getSize() - PackDescriptor.PACK_TRAILER;
        long entries = 0;
        for (int index = 0; index < in.getChunksCount(); index++) {
            ChunkPb next = in.getChunks(index);
            int firstEntry = next.getFirstEntry() - 1;
            long start = (long) index * PackDescriptor.CHUNK_SIZE;
            if (firstEntry != PackDescriptor.NO_ENTRY) {
                entries++;
                if (firstEntry < 0
                        || firstEntry >= PackDescriptor.CHUNK_SIZE
                        || start + firstEntry + PackDescriptor.SMALLEST_ENTRY > entriesEnd) {
                    throw new MalformedException("a first entry that does not begin in its chunk");
                }
            }
            int wanted = in.getObjects() == 0 ? PackDescriptor.NO_ENTRY : PackDescriptor.PACK_HEADER;
            if (index == 0 && firstEntry != wanted) {
                throw new MalformedException("the first entry of a pack begins behind its header");
            }
            chunks.add(new Chunk(Fields.hash(next.getSha256(), "chunk"), firstEntry));
        }
        if (entries > in.getObjects()) {
            throw new MalformedException("a pack with more entries than objects");
        }
        return chunks;
    }

    private static List<ObjectId> bases(List<ByteString> encoded) throws MalformedException {
        if (encoded.size() > PackDescriptor.MAX_BASES) {
            throw new MalformedException("a thin pack with " + encoded.size() + " bases");
        }
        List<ObjectId> bases = new ArrayList<>(encoded.size());
        for (ByteString next : encoded) {
            ObjectId base = Fields.objectId(next);
            if (!bases.isEmpty() && bases.getLast().compareTo(base) >= 0) {
                throw new MalformedException("bases are not sorted, or one is there twice");
            }
            bases.add(base);
        }
        return bases;
    }

    private static List<PackId> inputs(PackDescriptorPb in) throws MalformedException {
        if (in.getInputsCount() > PackDescriptor.MAX_INPUTS) {
            throw new MalformedException("a pack made of " + in.getInputsCount() + " others");
        }
        List<PackId> inputs = new ArrayList<>(in.getInputsCount());
        Set<PackId> seen = new HashSet<>();
        for (ByteString next : in.getInputsList()) {
            PackId input = Fields.packId(next);
            if (!seen.add(input)) {
                throw new MalformedException("an input that is listed twice");
            }
            inputs.add(input);
        }
        return inputs;
    }
}
