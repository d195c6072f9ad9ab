package network.guts.libp2p.autonat.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.libp2p.autonat.proto.AutonatPb;
import network.guts.libp2p.autonat.proto.DialDataRequestPb;
import network.guts.libp2p.autonat.proto.DialDataResponsePb;
import network.guts.libp2p.autonat.proto.DialRequestPb;
import network.guts.libp2p.autonat.proto.DialResponsePb;

/** A message on {@code /libp2p/autonat/2/dial-request}. */
public sealed interface AutonatMessage {
    /** As go-libp2p. */
    int MAX_BYTES = 8 * 1024;

    /** Of a request; what comes behind them is not looked at. As go-libp2p. */
    int MAX_ADDRESSES = 50;

    /** The specification's bound of one {@code DialDataResponse}. */
    int MAX_DATA = 4096;

    /**
     * Asks to be dialled at the first address that the server is willing to dial.
     *
     * @param addresses the most wanted first; empty where one cannot be read: the others keep their index
     */
    record DialRequest(List<Optional<Multiaddr>> addresses, long nonce) implements AutonatMessage {
        public DialRequest {
            addresses = List.copyOf(addresses);
        }
    }

    /**
     * What came of it.
     *
     * @param index of the address that was dialled
     */
    record DialResponse(ResponseStatus status, long index, DialStatus dial) implements AutonatMessage {}

    /**
     * The server wants so many bytes before it dials an address elsewhere than where the client is.
     *
     * @param bytes a number without a sign
     */
    record DialDataRequest(long index, long bytes) implements AutonatMessage {}

    /**
     * Some of these bytes.
     *
     * @param size how many; what they are does not matter
     */
    record DialDataResponse(int size) implements AutonatMessage {
        public DialDataResponse {
            if (size < 0 || size > MAX_DATA) {
                throw new IllegalArgumentException("dial data of " + size + " bytes");
            }
        }
    }

    /** Whether a request was served. */
    enum ResponseStatus {
        E_INTERNAL_ERROR(0),
        E_REQUEST_REJECTED(100),
        E_DIAL_REFUSED(101),
        OK(200);

        private final int number;

        ResponseStatus(int number) {
            this.number = number;
        }

        private static ResponseStatus of(int number) throws MalformedException {
            for (ResponseStatus status : values()) {
                if (status.number == number) {
                    return status;
                }
            }
            throw new MalformedException("unknown response status " + number);
        }
    }

    /** Whether the address could be dialled. */
    enum DialStatus {
        UNUSED(0),
        E_DIAL_ERROR(100),
        E_DIAL_BACK_ERROR(101),
        OK(200);

        private final int number;

        DialStatus(int number) {
            this.number = number;
        }

        private static DialStatus of(int number) throws MalformedException {
            for (DialStatus status : values()) {
                if (status.number == number) {
                    return status;
                }
            }
            throw new MalformedException("unknown dial status " + number);
        }
    }

    /** An answer that names no address. */
    static DialResponse refusal(ResponseStatus status) {
        return new DialResponse(status, 0, DialStatus.UNUSED);
    }

    /**
     * @throws MalformedException if it is no protobuf, holds none of the messages, or a status that is not known: the
     *     specification wants those discarded
     */
    static AutonatMessage parse(byte[] bytes) throws MalformedException {
        AutonatPb message;
        try {
            message = AutonatPb.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedException("an autonat message is no protobuf", e);
        }
        return switch (message.getMsgCase()) {
            case DIAL_REQUEST ->
                new DialRequest(
                        addresses(message.getDialRequest().getAddrsList()),
                        message.getDialRequest().getNonce());
            case DIAL_RESPONSE ->
                new DialResponse(
                        ResponseStatus.of(message.getDialResponse().getStatus()),
                        Integer.toUnsignedLong(message.getDialResponse().getAddrIdx()),
                        DialStatus.of(message.getDialResponse().getDialStatus()));
            case DIAL_DATA_REQUEST ->
                new DialDataRequest(
                        Integer.toUnsignedLong(message.getDialDataRequest().getAddrIdx()),
                        message.getDialDataRequest().getNumBytes());
            case DIAL_DATA_RESPONSE ->
                data(message.getDialDataResponse().getData().size());
            case MSG_NOT_SET -> throw new MalformedException("an autonat message without content");
        };
    }

    private static DialDataResponse data(int size) throws MalformedException {
        if (size > MAX_DATA) {
            throw new MalformedException("dial data of " + size + " bytes in one message");
        }
        return new DialDataResponse(size);
    }

    private static List<Optional<Multiaddr>> addresses(List<ByteString> encoded) {
        List<Optional<Multiaddr>> addresses = new ArrayList<>();
        for (ByteString address : encoded.subList(0, Math.min(encoded.size(), MAX_ADDRESSES))) {
            addresses.add(Multiaddr.tryParse(address.toByteArray()));
        }
        return addresses;
    }

    /** Its encoding. */
    default byte[] encode() {
        AutonatPb.Builder message = AutonatPb.newBuilder();
        switch (this) {
            case DialRequest(var addresses, long nonce) -> {
                DialRequestPb.Builder request = DialRequestPb.newBuilder().setNonce(nonce);
                for (Optional<Multiaddr> address : addresses) {
                    request.addAddrs(address.map(known -> ByteString.copyFrom(known.toBytes()))
                            .orElse(ByteString.EMPTY));
                }
                message.setDialRequest(request);
            }
            case DialResponse(ResponseStatus status, long index, DialStatus dial) ->
                message.setDialResponse(DialResponsePb.newBuilder()
                        .setStatus(status.number)
                        .setAddrIdx((int) index)
                        .setDialStatus(dial.number));
            case DialDataRequest(long index, long bytes) ->
                message.setDialDataRequest(
                        DialDataRequestPb.newBuilder().setAddrIdx((int) index).setNumBytes(bytes));
            case DialDataResponse(int size) ->
                message.setDialDataResponse(
                        DialDataResponsePb.newBuilder().setData(ByteString.copyFrom(new byte[size])));
        }
        return message.build().toByteArray();
    }
}
