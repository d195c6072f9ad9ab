package network.guts.dht.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.Multihash;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.dht.core.Parameters;
import network.guts.dht.core.Request;
import network.guts.dht.core.Response;
import network.guts.dht.wire.proto.MessagePb;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class MessagesTest {
    private static final Bytes KEY = Bytes.of(Multihash.sha256(new byte[] {1}).toBytes());

    private static PeerId peer(int number) throws MalformedException {
        return PeerId.parse(
                Multihash.sha256(Integer.toString(number).getBytes(java.nio.charset.StandardCharsets.US_ASCII))
                        .toBytes());
    }

    private static PeerInfo info(int number, String... addresses) throws MalformedException {
        List<Multiaddr> parsed = new ArrayList<>();
        for (String address : addresses) {
            parsed.add(Multiaddr.parse(address));
        }
        return new PeerInfo(peer(number), parsed);
    }

    static List<Request> requests() throws MalformedException {
        return List.of(
                new Request.FindNode(KEY),
                new Request.GetProviders(KEY),
                new Request.GetValue(KEY),
                new Request.AddProvider(KEY, List.of(info(1, "/ip4/10.0.0.1/tcp/1", "/dns4/example.org/tcp/2"))),
                new Request.Ping());
    }

    @ParameterizedTest
    @MethodSource("requests")
    void a_request_comes_back_as_it_was(Request request) throws MalformedException {
        assertThat(Messages.decodeRequest(Messages.encode(request))).isEqualTo(request);
    }

    @ParameterizedTest
    @MethodSource("requests")
    void a_response_comes_back_as_it_was(Request request) throws MalformedException {
        Response response = new Response(
                List.of(info(2, "/ip4/10.0.0.1/udp/9/quic-v1"), info(3, "/ip6/::1/tcp/1")), List.of(info(4)));
        byte[] bytes = Messages.encode(request, response);
        assertThat(Messages.decodeResponse(request, bytes)).isEqualTo(response);
    }

    /** The bytes that another implementation writes: FIND_NODE is type 4 in field 1, the key is field 2. */
    @Test
    void the_bytes_are_the_specifications() {
        assertThat(Bytes.of(Messages.encode(new Request.FindNode(Bytes.fromHex("abcd")))))
                .isEqualTo(Bytes.fromHex("08041202abcd"));
        assertThat(Bytes.of(Messages.encode(new Request.Ping(), Response.EMPTY)))
                .isEqualTo(Bytes.fromHex("0805"));
    }

    static Stream<Arguments> malformed() {
        return Stream.of(
                Arguments.of("cut off in the key", "080412"),
                Arguments.of("not a protobuf", "ffffffffff"),
                Arguments.of("no key", "0804"),
                Arguments.of("no key", "0803"),
                Arguments.of("no key", "0802"),
                Arguments.of("a key of 81 bytes", "08041251" + "00".repeat(81)),
                Arguments.of("PUT_VALUE", "0800120100"),
                Arguments.of("no type, which is PUT_VALUE", "120100"),
                Arguments.of("an unknown type", "0809120100"),
                Arguments.of("nothing at all", ""));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("malformed")
    void a_malformed_request_is_refused(String what, String hex) {
        assertThatThrownBy(() -> Messages.decodeRequest(Bytes.fromHex(hex).toArray()))
                .as(what)
                .isInstanceOf(MalformedException.class);
    }

    @Test
    void a_key_may_have_80_bytes() throws MalformedException {
        Request request = new Request.GetProviders(Bytes.of(new byte[80]));
        assertThat(Messages.decodeRequest(Messages.encode(request))).isEqualTo(request);
    }

    @Test
    void a_response_of_another_type_is_refused() {
        byte[] other = Messages.encode(new Request.Ping(), Response.EMPTY);
        assertThatThrownBy(() -> Messages.decodeResponse(new Request.FindNode(KEY), other))
                .isInstanceOf(MalformedException.class);
    }

    @Test
    void unusable_peers_and_addresses_are_left_out() throws MalformedException {
        MessagePb message = MessagePb.newBuilder()
                .setType(MessagePb.MessageTypePb.FIND_NODE)
                .addCloserPeers(MessagePb.PeerPb.newBuilder().setId(ByteString.copyFromUtf8("nobody")))
                .addCloserPeers(MessagePb.PeerPb.newBuilder()
                        .setId(ByteString.copyFrom(peer(1).toBytes()))
                        .addAddrs(ByteString.copyFromUtf8("no address"))
                        .addAddrs(bytes(Multiaddr.parse("/ip4/10.0.0.1/tcp/1").withPeerId(peer(1))))
                        .addAddrs(bytes(Multiaddr.parse("/ip4/10.0.0.1/tcp/1")))
                        .addAddrs(bytes(Multiaddr.parse("/ip4/10.0.0.2/tcp/1").withPeerId(peer(2)))))
                .build();
        Response response = Messages.decodeResponse(new Request.FindNode(KEY), message.toByteArray());
        assertThat(response.closer()).containsExactly(info(1, "/ip4/10.0.0.1/tcp/1"));
    }

    private static ByteString bytes(Multiaddr address) {
        return ByteString.copyFrom(address.toBytes());
    }

    @Test
    void what_a_remote_can_pile_up_is_bounded() throws MalformedException {
        MessagePb.PeerPb.Builder many = MessagePb.PeerPb.newBuilder().setId(ByteString.copyFrom(peer(1).toBytes()));
        for (int i = 0; i < 500; i++) {
            many.addAddrs(bytes(Multiaddr.parse("/ip4/10.0.0.1/tcp/" + (i + 1))));
        }
        MessagePb.Builder message = MessagePb.newBuilder().setType(MessagePb.MessageTypePb.GET_PROVIDERS);
        for (int i = 0; i < 300; i++) {
            message.addCloserPeers(many);
            message.addProviderPeers(many);
        }
        Response response = Messages.decodeResponse(
                new Request.GetProviders(KEY), message.build().toByteArray());
        assertThat(response.closer()).hasSize(Parameters.MAX_CLOSER_PEERS);
        assertThat(response.providers()).hasSize(Parameters.MAX_PROVIDERS);
        assertThat(response.closer().getFirst().addresses()).hasSize(Parameters.MAX_ADDRESSES);
    }

    @Test
    void a_response_stays_below_what_rust_reads_and_keeps_room_for_providers() throws MalformedException {
        List<PeerInfo> peers = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            String[] addresses = IntStream.range(0, 16)
                    .mapToObj(port -> "/dns4/a-rather-long-name.example.org/tcp/" + (port + 1))
                    .toArray(String[]::new);
            peers.add(info(i, addresses));
        }
        Request request = new Request.GetProviders(KEY);
        byte[] bytes = Messages.encode(request, new Response(peers, peers));
        assertThat(bytes.length).isLessThan(16 * 1024).isGreaterThan(8 * 1024);
        Response read = Messages.decodeResponse(request, bytes);
        assertThat(read.closer())
                .isNotEmpty()
                .isEqualTo(peers.subList(0, read.closer().size()));
        assertThat(read.providers()).isNotEmpty();
    }

    @Test
    void no_bytes_do_more_than_be_malformed() throws MalformedException {
        List<byte[]> valid = new ArrayList<>();
        for (Request request : requests()) {
            valid.add(Messages.encode(request));
        }
        valid.add(Messages.encode(
                new Request.FindNode(KEY), new Response(List.of(info(2, "/ip4/10.0.0.1/tcp/9")), List.of(info(4)))));
        for (int seed = 0; seed < 20_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] bytes = valid.get(random.nextInt(valid.size())).clone();
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            byte[] cut = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            read(cut, seed);
            read(bytes, seed);
        }
    }

    private static void read(byte[] bytes, int seed) {
        try {
            Request request = Messages.decodeRequest(bytes);
            assertThat(Messages.decodeRequest(Messages.encode(request)))
                    .as("seed " + seed)
                    .isEqualTo(request);
        } catch (MalformedException refused) {
            assertThat(refused.getMessage()).as("seed " + seed).isNotEmpty();
        }
        try {
            Response response = Messages.decodeResponse(new Request.FindNode(KEY), bytes);
            assertThat(response.closer().size()).as("seed " + seed).isLessThanOrEqualTo(Parameters.MAX_CLOSER_PEERS);
        } catch (MalformedException refused) {
            assertThat(refused.getMessage()).as("seed " + seed).isNotEmpty();
        }
    }
}
