package network.guts.sync.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.Multihash;
import network.guts.core.PublicKey;
import network.guts.core.Varint;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.wire.proto.BodyPb;
import network.guts.sync.wire.proto.GetBodyPb;
import network.guts.sync.wire.proto.GetChunksPb;
import network.guts.sync.wire.proto.GetInventoryPb;
import network.guts.sync.wire.proto.GetPacksPb;
import network.guts.sync.wire.proto.GetRefsPb;
import network.guts.sync.wire.proto.HelloPb;
import network.guts.sync.wire.proto.InventoryPb;
import network.guts.sync.wire.proto.PacksPb;
import network.guts.sync.wire.proto.RefsPb;
import network.guts.sync.wire.proto.SyncChunkPb;
import network.guts.sync.wire.proto.SyncErrorPb;
import network.guts.sync.wire.proto.SyncMessagePb;

/** Sync messages to bytes and back; what comes out of {@link #parse} is within the limits. */
public final class SyncCodec {
    private static final int HASH_BYTES = 32;

    private SyncCodec() {}

    /** The bytes of {@code message}, without the frame's length. */
    public static byte[] encode(SyncMessage message) {
        SyncMessagePb.Builder out =
                SyncMessagePb.newBuilder().setRequest(message.request()).setLast(message.last());
        switch (message.content()) {
            case SyncMessage.Hello m ->
                out.setHello(hello(m.version(), m.capabilities(), m.maxRequests(), m.maxStreams()));
            case SyncMessage.HelloAck m ->
                out.setHelloAck(hello(m.version(), m.capabilities(), m.maxRequests(), m.maxStreams()));
            case SyncMessage.GetRefs m -> out.setGetRefs(getRefs(m));
            case SyncMessage.Refs m -> out.setRefs(refs(m));
            case SyncMessage.GetBody m ->
                out.setGetBody(GetBodyPb.newBuilder()
                        .setRepository(bytes(m.repository()))
                        .setHash(bytes(m.hash()))
                        .setOffset(m.offset())
                        .setLength(m.length()));
            case SyncMessage.Body m ->
                out.setBody(BodyPb.newBuilder()
                        .setTotal(m.total())
                        .setOffset(m.offset())
                        .setData(bytes(m.data())));
            case SyncMessage.GetPacks m -> {
                GetPacksPb.Builder packs = GetPacksPb.newBuilder()
                        .setRepository(bytes(m.repository()))
                        .setHeldOnly(m.heldOnly());
                m.packs().forEach(pack -> packs.addPacks(bytes(pack.hash())));
                out.setGetPacks(packs);
            }
            case SyncMessage.Packs m ->
                out.setPacks(PacksPb.newBuilder()
                        .setPack(bytes(m.pack().hash()))
                        .setTotal(m.total())
                        .setOffset(m.offset())
                        .setData(bytes(m.data()))
                        .setComplete(m.held().isEmpty())
                        .setHeld(m.held().map(SyncCodec::bytes).orElse(ByteString.EMPTY)));
            case SyncMessage.GetChunks m -> {
                GetChunksPb.Builder chunks = GetChunksPb.newBuilder()
                        .setRepository(bytes(m.repository()))
                        .setPack(bytes(m.pack().hash()));
                m.ranges()
                        .forEach(range -> chunks.addRangesBuilder()
                                .setFirst(range.first())
                                .setCount(range.count()));
                out.setGetChunks(chunks);
            }
            case SyncMessage.Chunk m ->
                out.setChunk(SyncChunkPb.newBuilder().setIndex(m.index()).setData(m.data()));
            case SyncMessage.GetInventory m ->
                out.setGetInventory(GetInventoryPb.newBuilder()
                        .setAfter(m.after().map(SyncCodec::bytes).orElse(ByteString.EMPTY)));
            case SyncMessage.Inventory m -> {
                InventoryPb.Builder inventory = InventoryPb.newBuilder();
                m.repositories().forEach(id -> inventory.addRepositories(bytes(id)));
                out.setInventory(inventory);
            }
            case SyncMessage.Failure m -> {
                SyncErrorPb.Builder error = SyncErrorPb.newBuilder()
                        .setCode(m.code().number())
                        .setMessage(m.message())
                        .setRetryAfterMillis((int) m.retryAfter().toMillis());
                m.peers().forEach(peer -> error.addPeers(bytes(peer)));
                out.setError(error);
            }
            case SyncMessage.Unsupported _ -> out.clearContent();
        }
        return out.build().toByteArray();
    }

    /**
     * The frame of a chunk up to its data, length included: the data follows, straight from the file. With it, the frame
     * is that of {@link SyncMessage.Chunk}.
     */
    public static byte[] chunkPrefix(long request, boolean last, int index, int length) {
        byte[] head = SyncMessagePb.newBuilder()
                .setRequest(request)
                .setLast(last)
                .build()
                .toByteArray();
        byte[] chunk = SyncChunkPb.newBuilder().setIndex(index).build().toByteArray();
        int chunkLength = chunk.length + 1 + Varint.size(length) + length;
        int messageLength = head.length + 1 + Varint.size(chunkLength) + chunkLength;
        byte[] prefix = new byte[Varint.size(messageLength) + messageLength - length];
        int at = Varint.put(prefix, 0, messageLength);
        System.arraycopy(head, 0, prefix, at, head.length);
        at += head.length;
        prefix[at++] = tag(SyncMessagePb.CHUNK_FIELD_NUMBER);
        at = Varint.put(prefix, at, chunkLength);
        System.arraycopy(chunk, 0, prefix, at, chunk.length);
        at += chunk.length;
        prefix[at++] = tag(SyncChunkPb.DATA_FIELD_NUMBER);
        Varint.put(prefix, at, length);
        return prefix;
    }

    /** A length-delimited field's tag; the numbers in use are below 16, so it is one byte. */
    private static byte tag(int field) {
        return (byte) (field << 3 | 2);
    }

    /**
     * Reads a message. A chunk's data is a view of {@code frame}, which must not change afterwards.
     *
     * @throws MalformedException if it is no message, or over a limit
     */
    public static SyncMessage parse(byte[] frame) throws MalformedException {
        SyncMessagePb in;
        try {
            CodedInputStream input = CodedInputStream.newInstance(frame);
            input.enableAliasing(true);
            in = SyncMessagePb.parseFrom(input);
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedException("sync message is no protobuf", e);
        } catch (IOException e) {
            throw new MalformedException("sync message cannot be read", e);
        }
        if (frame.length > SyncLimits.MAX_FRAME && !in.hasChunk()) {
            throw new MalformedException("sync message of " + frame.length + " bytes that is no chunk");
        }
        return new SyncMessage(positive(in.getRequest(), "request id"), in.getLast(), content(in));
    }

    private static SyncMessage.Content content(SyncMessagePb in) throws MalformedException {
        return switch (in.getContentCase()) {
            case HELLO -> {
                HelloPb m = hello(in.getHello());
                yield new SyncMessage.Hello(
                        m.getVersion(), m.getCapabilitiesList(), m.getMaxRequests(), m.getMaxStreams());
            }
            case HELLO_ACK -> {
                HelloPb m = hello(in.getHelloAck());
                yield new SyncMessage.HelloAck(
                        m.getVersion(), m.getCapabilitiesList(), m.getMaxRequests(), m.getMaxStreams());
            }
            case GET_REFS -> getRefs(in.getGetRefs());
            case REFS -> {
                RefsPb m = in.getRefs();
                atMost(m.getPeersCount(), SyncLimits.MAX_PEERS, "peers");
                yield new SyncMessage.Refs(
                        list(m.getIdentitiesList()),
                        list(m.getHeadersList()),
                        list(m.getFreshList()),
                        list(m.getBodiesList()),
                        list(m.getPeersList()));
            }
            case GET_BODY -> {
                GetBodyPb m = in.getGetBody();
                yield new SyncMessage.GetBody(
                        repository(m.getRepository()),
                        hash(m.getHash()),
                        positive(m.getOffset(), "offset"),
                        positive(m.getLength(), "length"));
            }
            case BODY -> {
                BodyPb m = in.getBody();
                piece(m.getTotal(), m.getOffset(), m.getData().size(), SyncLimits.MAX_BODY);
                yield new SyncMessage.Body(m.getTotal(), m.getOffset(), value(m.getData()));
            }
            case GET_PACKS -> {
                GetPacksPb m = in.getGetPacks();
                atMost(m.getPacksCount(), network.guts.sync.model.RefsBody.MAX_PACKS, "packs");
                List<PackId> packs = new ArrayList<>();
                for (ByteString pack : m.getPacksList()) {
                    packs.add(new PackId(hash(pack)));
                }
                yield new SyncMessage.GetPacks(repository(m.getRepository()), packs, m.getHeldOnly());
            }
            case PACKS -> {
                PacksPb m = in.getPacks();
                piece(m.getTotal(), m.getOffset(), m.getData().size(), SyncLimits.MAX_DESCRIPTOR);
                yield new SyncMessage.Packs(
                        new PackId(hash(m.getPack())),
                        m.getTotal(),
                        m.getOffset(),
                        value(m.getData()),
                        m.getComplete() ? Optional.empty() : Optional.of(value(m.getHeld())));
            }
            case GET_CHUNKS -> getChunks(in.getGetChunks());
            case CHUNK -> {
                SyncChunkPb m = in.getChunk();
                yield new SyncMessage.Chunk(index(m.getIndex()), m.getData());
            }
            case GET_INVENTORY -> {
                ByteString after = in.getGetInventory().getAfter();
                yield new SyncMessage.GetInventory(after.isEmpty() ? Optional.empty() : Optional.of(repository(after)));
            }
            case INVENTORY -> {
                List<RepositoryId> ids = new ArrayList<>();
                for (ByteString id : in.getInventory().getRepositoriesList()) {
                    ids.add(repository(id));
                }
                yield new SyncMessage.Inventory(ids);
            }
            case ERROR -> error(in.getError());
            case CONTENT_NOT_SET -> new SyncMessage.Unsupported();
        };
    }

    private static HelloPb hello(HelloPb m) throws MalformedException {
        atMost(m.getCapabilitiesCount(), SyncLimits.MAX_CAPABILITIES, "capabilities");
        for (String capability : m.getCapabilitiesList()) {
            atMost(capability.length(), SyncLimits.MAX_TEXT, "characters of a capability");
        }
        return m;
    }

    private static SyncMessage.GetRefs getRefs(GetRefsPb m) throws MalformedException {
        atMost(m.getSinceCount(), SyncLimits.MAX_SINCE, "signers");
        Map<PublicKey, Long> since = new LinkedHashMap<>();
        for (GetRefsPb.SincePb one : m.getSinceList()) {
            since.put(PublicKey.parseEd25519(one.getSigner().toByteArray()), positive(one.getSequence(), "sequence"));
        }
        return new SyncMessage.GetRefs(repository(m.getRepository()), positive(m.getRevisions(), "revisions"), since);
    }

    private static SyncMessage.GetChunks getChunks(GetChunksPb m) throws MalformedException {
        atMost(m.getRangesCount(), SyncLimits.MAX_CHUNKS_PER_REQUEST, "ranges");
        List<SyncMessage.GetChunks.Range> ranges = new ArrayList<>();
        long count = 0;
        for (GetChunksPb.RangePb range : m.getRangesList()) {
            int first = index(range.getFirst());
            int length = index(range.getCount());
            count += length;
            if (length == 0 || (long) first + length > Integer.MAX_VALUE) {
                throw new MalformedException("a range of chunks is not empty and not endless");
            }
            ranges.add(new SyncMessage.GetChunks.Range(first, length));
        }
        if (count == 0 || count > SyncLimits.MAX_CHUNKS_PER_REQUEST) {
            throw new MalformedException("request for " + count + " chunks");
        }
        return new SyncMessage.GetChunks(repository(m.getRepository()), new PackId(hash(m.getPack())), ranges);
    }

    private static SyncMessage.Failure error(SyncErrorPb m) throws MalformedException {
        atMost(m.getPeersCount(), SyncLimits.MAX_PEERS, "peers");
        SyncMessage.Failure.Code code = SyncMessage.Failure.Code.INTERNAL;
        for (SyncMessage.Failure.Code known : SyncMessage.Failure.Code.values()) {
            if (known.number() == m.getCode()) {
                code = known;
            }
        }
        String text = m.getMessage();
        return new SyncMessage.Failure(
                code,
                text.length() > SyncLimits.MAX_TEXT ? text.substring(0, SyncLimits.MAX_TEXT) : text,
                Duration.ofMillis(Math.clamp(m.getRetryAfterMillis(), 0, 600_000)),
                list(m.getPeersList()));
    }

    private static HelloPb hello(int version, List<String> capabilities, int requests, int streams) {
        return HelloPb.newBuilder()
                .setVersion(version)
                .addAllCapabilities(capabilities)
                .setMaxRequests(requests)
                .setMaxStreams(streams)
                .build();
    }

    private static GetRefsPb getRefs(SyncMessage.GetRefs m) {
        GetRefsPb.Builder out =
                GetRefsPb.newBuilder().setRepository(bytes(m.repository())).setRevisions(m.revisions());
        m.since()
                .forEach((signer, sequence) -> out.addSinceBuilder()
                        .setSigner(ByteString.copyFrom(signer.encoded()))
                        .setSequence(sequence));
        return out.build();
    }

    private static RefsPb refs(SyncMessage.Refs m) {
        RefsPb.Builder out = RefsPb.newBuilder();
        m.identities().forEach(one -> out.addIdentities(bytes(one)));
        m.headers().forEach(one -> out.addHeaders(bytes(one)));
        m.fresh().forEach(one -> out.addFresh(bytes(one)));
        m.bodies().forEach(one -> out.addBodies(bytes(one)));
        m.peers().forEach(one -> out.addPeers(bytes(one)));
        return out.build();
    }

    private static void piece(long total, long offset, int length, int max) throws MalformedException {
        if (total < 0 || total > max || offset < 0 || offset > total - length) {
            throw new MalformedException("piece of " + length + " bytes at " + offset + " of " + total);
        }
    }

    private static void atMost(int count, int max, String what) throws MalformedException {
        if (count > max) {
            throw new MalformedException(count + " " + what + ", at most " + max + " are allowed");
        }
    }

    private static long positive(long value, String what) throws MalformedException {
        if (value < 0) {
            throw new MalformedException(what + " over 63 bits");
        }
        return value;
    }

    private static int index(int value) throws MalformedException {
        return (int) positive(value, "chunk number");
    }

    private static Bytes hash(ByteString in) throws MalformedException {
        if (in.size() != HASH_BYTES) {
            throw new MalformedException("hash of " + in.size() + " bytes");
        }
        return value(in);
    }

    private static RepositoryId repository(ByteString in) throws MalformedException {
        Multihash hash = Multihash.parse(in.toByteArray());
        if (hash.code() != Multihash.SHA2_256) {
            throw new MalformedException("a repository id is a sha2-256 hash");
        }
        return new RepositoryId(hash);
    }

    private static List<Bytes> list(List<ByteString> in) {
        return in.stream().map(SyncCodec::value).toList();
    }

    private static Bytes value(ByteString in) {
        return Bytes.of(in.toByteArray());
    }

    private static ByteString bytes(Bytes in) {
        return ByteString.copyFrom(in.toArray());
    }

    private static ByteString bytes(RepositoryId id) {
        return ByteString.copyFrom(id.hash().toBytes());
    }
}
