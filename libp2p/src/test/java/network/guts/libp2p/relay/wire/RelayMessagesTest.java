package network.guts.libp2p.relay.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.SignedEnvelope;
import network.guts.core.host.ConnectionLimit;
import network.guts.libp2p.Keys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RelayMessagesTest {
    private static final PeerId PEER = Keys.peer(1);
    private static final PeerId RELAY = Keys.peer(2);
    private static final String PEER_HEX = HexFormat.of().formatHex(PEER.toBytes());
    private static final Instant EXPIRES = Instant.ofEpochSecond(1_800_000_000);
    private static final ConnectionLimit LIMIT =
            new ConnectionLimit(Duration.ofMinutes(2), OptionalLong.of(128 * 1024));

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    @Test
    void hopMessagesAreWhatTheSpecificationSays() throws Exception {
        assertThat(hex(new HopMessage.Reserve().encode())).isEqualTo("0800");
        assertThat(hex(new HopMessage.Connect(PEER).encode())).isEqualTo("080112280a26" + PEER_HEX);
        assertThat(hex(new HopMessage.Answer(Status.NO_RESERVATION).encode())).isEqualTo("080228cc01");
        HopMessage.Answer granted = new HopMessage.Answer(Status.OK, Optional.empty(), Optional.of(LIMIT));
        assertThat(hex(granted.encode())).isEqualTo("0802" + "2206" + "0878" + "10808008" + "2864");
        assertThat(HopMessage.parse(granted.encode())).isEqualTo(granted);
    }

    @Test
    void stopMessagesAreWhatTheSpecificationSays() throws Exception {
        StopMessage connect = new StopMessage.Connect(PEER, Optional.of(LIMIT));
        assertThat(hex(connect.encode())).isEqualTo("0800" + "12280a26" + PEER_HEX + "1a06" + "0878" + "10808008");
        assertThat(StopMessage.parse(connect.encode())).isEqualTo(connect);
        assertThat(hex(new StopMessage.Answer(Status.OK).encode())).isEqualTo("08012064");
        assertThat(StopMessage.parse(bytes("08012064"))).isEqualTo(new StopMessage.Answer(Status.OK));
    }

    @Test
    void aLimitOfNothingIsNone() throws Exception {
        assertThat(StopMessage.parse(bytes("080012280a26" + PEER_HEX + "1a00")))
                .isEqualTo(new StopMessage.Connect(
                        PEER, Optional.of(new ConnectionLimit(Duration.ZERO, OptionalLong.empty()))));
        assertThat(StopMessage.parse(bytes("080012280a26" + PEER_HEX)))
                .isEqualTo(new StopMessage.Connect(PEER, Optional.empty()));
    }

    @Test
    void aReservationComesBackWhole() throws Exception {
        SignedEnvelope voucher = new Voucher(RELAY, PEER, EXPIRES).seal(Keys.key(2));
        List<Multiaddr> addresses =
                List.of(Keys.address("/ip4/192.0.2.7/tcp/9000/p2p/" + RELAY), Keys.address("/ip4/192.0.2.8/tcp/1"));
        HopMessage.Answer answer = new HopMessage.Answer(
                Status.OK,
                Optional.of(new HopMessage.Granted(EXPIRES, addresses, Optional.of(voucher))),
                Optional.of(LIMIT));
        HopMessage parsed = HopMessage.parse(answer.encode());
        assertThat(parsed).isEqualTo(answer);
        assertThat(Voucher.open(voucher)).isEqualTo(new Voucher(RELAY, PEER, EXPIRES));
    }

    @Test
    void ofManyAddressesOnlyAFewAreTaken() throws Exception {
        List<Multiaddr> many = IntStream.range(1, 40)
                .mapToObj(port -> Keys.address("/ip4/192.0.2.7/tcp/" + port))
                .toList();
        HopMessage.Answer answer = new HopMessage.Answer(
                Status.OK, Optional.of(new HopMessage.Granted(EXPIRES, many, Optional.empty())), Optional.empty());
        assertThat(HopMessage.parse(answer.encode()))
                .isEqualTo(new HopMessage.Answer(
                        Status.OK,
                        Optional.of(new HopMessage.Granted(
                                EXPIRES, many.subList(0, HopMessage.Granted.MAX_ADDRESSES), Optional.empty())),
                        Optional.empty()));
    }

    @Test
    void aVoucherIsItsRelaysOwn() {
        assertThatThrownBy(() -> new Voucher(RELAY, PEER, EXPIRES).seal(Keys.key(3)))
                .isInstanceOf(IllegalArgumentException.class);
        SignedEnvelope record = new network.guts.core.PeerRecord(RELAY, 1, List.of()).seal(Keys.key(2));
        assertThatThrownBy(() -> Voucher.open(record)).isInstanceOf(MalformedException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", // no type
                "0807", // a type that is not known
                "0801", // a circuit to nobody
                "08011200",
                "080112040a020102", // to what is no peer
                "0802", // an answer without a status
                "08022801", // a status that is not known
                "080228641a0b08ffffffffffffffffff01", // expires never
                "08", // cut off
            })
    void whatIsNoHopMessageIsRefused(String hex) {
        assertThatThrownBy(() -> HopMessage.parse(bytes(hex))).isInstanceOf(MalformedException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0807", "0800", "08001200", "0801", "08012001", "08"})
    void whatIsNoStopMessageIsRefused(String hex) {
        assertThatThrownBy(() -> StopMessage.parse(bytes(hex))).isInstanceOf(MalformedException.class);
    }

    @Test
    void noiseIsParsedOrRefusedAndNothingElse() {
        SplittableRandom random = new SplittableRandom(11);
        byte[] seed = new HopMessage.Connect(PEER).encode();
        int refused = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] changed = seed.clone();
            changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
            changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
            try {
                HopMessage.parse(changed);
                StopMessage.parse(changed);
            } catch (MalformedException expected) {
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }
}
