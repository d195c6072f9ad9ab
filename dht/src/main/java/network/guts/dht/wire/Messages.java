package network.guts.dht.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.dht.core.Parameters;
import network.guts.dht.core.Request;
import network.guts.dht.core.Response;
import network.guts.dht.wire.proto.MessagePb;
import network.guts.dht.wire.proto.MessagePb.PeerPb;

/**
 * Requests and responses between bytes and valid records. Peers and addresses that cannot be used are left out; a message
 * that cannot be understood as a whole is malformed.
 */
public final class Messages {
    /**
     * The largest request that is read, in bytes. A key has at most 80 and a provider a few addresses; the rest is room
     * for peers that put more in.
     */
    public static final int MAX_REQUEST = 16 * 1024;

    /**
     * The largest response that is read, in bytes. The specification allows 4 MiB; 40 closer peers and 2,000 providers fit
     * in this, and a look-up's ten hostile answers at once stay bearable.
     */
    public static final int MAX_RESPONSE = 1024 * 1024;

    /** The largest response that is written, in bytes: rust-libp2p reads no more than 16 KiB. */
    public static final int MAX_WRITTEN = 15 * 1024;

    /** Of which closer peers get so much at most, so that there is always room for providers. */
    private static final int MAX_WRITTEN_CLOSER = 8 * 1024;

    /** Tag and length of a peer within a message. */
    private static final int PEER_OVERHEAD = 4;

    private Messages() {}

    public static byte[] encode(Request request) {
        return switch (request) {
            case Request.FindNode(Bytes key) -> message(MessagePb.MessageTypePb.FIND_NODE, key);
            case Request.GetProviders(Bytes key) -> message(MessagePb.MessageTypePb.GET_PROVIDERS, key);
            case Request.GetValue(Bytes key) -> message(MessagePb.MessageTypePb.GET_VALUE, key);
            case Request.Ping() -> message(MessagePb.MessageTypePb.PING, Bytes.EMPTY);
            case Request.AddProvider(Bytes key, List<PeerInfo> providers) -> {
                MessagePb.Builder message = MessagePb.newBuilder()
                        .setType(MessagePb.MessageTypePb.ADD_PROVIDER)
                        .setKey(ByteString.copyFrom(key.toArray()));
                fit(providers, MAX_WRITTEN).forEach(message::addProviderPeers);
                yield message.build().toByteArray();
            }
        };
    }

    private static byte[] message(MessagePb.MessageTypePb type, Bytes key) {
        return MessagePb.newBuilder()
                .setType(type)
                .setKey(ByteString.copyFrom(key.toArray()))
                .build()
                .toByteArray();
    }

    /**
     * Reads a request.
     *
     * @throws MalformedException if it is no message, of an unknown or unsupported type, or its key is empty or too long
     */
    public static Request decodeRequest(byte[] bytes) throws MalformedException {
        MessagePb message = parse(bytes);
        return switch (message.getType()) {
            case FIND_NODE -> new Request.FindNode(key(message));
            case GET_PROVIDERS -> new Request.GetProviders(key(message));
            case GET_VALUE -> new Request.GetValue(key(message));
            case ADD_PROVIDER ->
                new Request.AddProvider(key(message), peers(message.getProviderPeersList(), Parameters.MAX_PROVIDERS));
            case PING -> new Request.Ping();
            case PUT_VALUE -> throw new MalformedException("values are not kept here");
            case UNRECOGNIZED -> throw new MalformedException("unknown type of request");
        };
    }

    private static Bytes key(MessagePb message) throws MalformedException {
        int size = message.getKey().size();
        if (size == 0 || size > Parameters.MAX_KEY_BYTES) {
            throw new MalformedException("key of " + size + " bytes");
        }
        return Bytes.of(message.getKey().toByteArray());
    }

    /** Writes the response to {@code request}; what does not fit in {@link #MAX_WRITTEN} is left out, the farthest first. */
    public static byte[] encode(Request request, Response response) {
        MessagePb.Builder message = MessagePb.newBuilder().setType(type(request));
        List<PeerPb> closer = fit(response.closer(), MAX_WRITTEN_CLOSER);
        int used = closer.stream()
                .mapToInt(peer -> peer.getSerializedSize() + PEER_OVERHEAD)
                .sum();
        closer.forEach(message::addCloserPeers);
        fit(response.providers(), MAX_WRITTEN - used).forEach(message::addProviderPeers);
        return message.build().toByteArray();
    }

    private static MessagePb.MessageTypePb type(Request request) {
        return switch (request) {
            case Request.FindNode node -> MessagePb.MessageTypePb.FIND_NODE;
            case Request.GetProviders providers -> MessagePb.MessageTypePb.GET_PROVIDERS;
            case Request.GetValue value -> MessagePb.MessageTypePb.GET_VALUE;
            case Request.AddProvider provider -> MessagePb.MessageTypePb.ADD_PROVIDER;
            case Request.Ping ping -> MessagePb.MessageTypePb.PING;
        };
    }

    /**
     * Reads the response to {@code request}.
     *
     * @throws MalformedException if it is no message, or of another type than the request
     */
    public static Response decodeResponse(Request request, byte[] bytes) throws MalformedException {
        MessagePb message = parse(bytes);
        if (message.getType() != type(request)) {
            throw new MalformedException("the response is of another type than the request");
        }
        return new Response(
                peers(message.getCloserPeersList(), Parameters.MAX_CLOSER_PEERS),
                peers(message.getProviderPeersList(), Parameters.MAX_PROVIDERS));
    }

    private static MessagePb parse(byte[] bytes) throws MalformedException {
        try {
            return MessagePb.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedException("no kad-dht message", e);
        }
    }

    private static List<PeerInfo> peers(List<PeerPb> encoded, int most) {
        List<PeerInfo> peers = new ArrayList<>();
        for (PeerPb peer : encoded.subList(0, Math.min(encoded.size(), most))) {
            peer(peer).ifPresent(peers::add);
        }
        return peers;
    }

    private static Optional<PeerInfo> peer(PeerPb encoded) {
        PeerId peer;
        try {
            peer = PeerId.parse(encoded.getId().toByteArray());
        } catch (MalformedException noPeer) {
            return Optional.empty();
        }
        Set<Multiaddr> addresses = new LinkedHashSet<>();
        int looked = 0;
        for (ByteString address : encoded.getAddrsList()) {
            // Those that cannot be used cost time too, so they are bounded as well.
            if (addresses.size() >= Parameters.MAX_ADDRESSES || ++looked > 4 * Parameters.MAX_ADDRESSES) {
                break;
            }
            Multiaddr.tryParse(address.toByteArray())
                    .filter(known -> known.peerId().map(peer::equals).orElse(true))
                    .flatMap(Multiaddr::withoutPeerId)
                    .ifPresent(addresses::add);
        }
        return Optional.of(new PeerInfo(peer, List.copyOf(addresses)));
    }

    /** As many peers as fit in {@code room} bytes, in order. */
    private static List<PeerPb> fit(List<PeerInfo> peers, int room) {
        List<PeerPb> fitting = new ArrayList<>();
        int left = room;
        for (PeerInfo peer : peers) {
            PeerPb encoded = encode(peer);
            left -= encoded.getSerializedSize() + PEER_OVERHEAD;
            if (left < 0) {
                break;
            }
            fitting.add(encoded);
        }
        return fitting;
    }

    private static PeerPb encode(PeerInfo peer) {
        PeerPb.Builder encoded =
                PeerPb.newBuilder().setId(ByteString.copyFrom(peer.peer().toBytes()));
        peer.addresses().forEach(address -> encoded.addAddrs(ByteString.copyFrom(address.toBytes())));
        return encoded.build();
    }

    /** A peer as it is kept in the database. */
    public static byte[] encodeStored(PeerInfo peer) {
        return encode(peer).toByteArray();
    }

    /**
     * Reads what {@link #encodeStored} wrote.
     *
     * @throws MalformedException if it is something else
     */
    public static PeerInfo decodeStored(byte[] bytes) throws MalformedException {
        try {
            return peer(PeerPb.parseFrom(bytes)).orElseThrow(() -> new MalformedException("no stored peer"));
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedException("no stored peer", e);
        }
    }
}
