package network.guts.libp2p.dcutr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.libp2p.Keys;
import network.guts.libp2p.dcutr.wire.HolePunchMessage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HolePunchMessageTest {
    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    @Test
    void theyAreWhatTheSpecificationSays() throws Exception {
        HolePunchMessage connect = new HolePunchMessage.Connect(List.of(Keys.address("/ip4/192.0.2.7/tcp/9000")));
        String hex = "0864" + "1208" + "04c0000207" + "062328";
        assertThat(HexFormat.of().formatHex(connect.encode())).isEqualTo(hex);
        assertThat(HolePunchMessage.parse(bytes(hex))).isEqualTo(connect);
        assertThat(HexFormat.of().formatHex(new HolePunchMessage.Sync().encode()))
                .isEqualTo("08ac02");
        assertThat(HolePunchMessage.parse(bytes("08ac02"))).isEqualTo(new HolePunchMessage.Sync());
    }

    @Test
    void ofManyAddressesOnlyAFewAreTaken() throws Exception {
        List<Multiaddr> many = IntStream.range(1, 100)
                .mapToObj(port -> Keys.address("/ip4/192.0.2.7/tcp/" + port))
                .toList();
        HolePunchMessage parsed = HolePunchMessage.parse(new HolePunchMessage.Connect(many).encode());
        assertThat(parsed).isEqualTo(new HolePunchMessage.Connect(many.subList(0, HolePunchMessage.MAX_ADDRESSES)));
    }

    @Test
    void addressesOfUnknownKindsAreLeftOut() throws Exception {
        assertThat(HolePunchMessage.parse(bytes("0864" + "1202ffff" + "1200")))
                .isEqualTo(new HolePunchMessage.Connect(List.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0865", "1200", "08", "ffffff"})
    void whatIsNoMessageIsRefused(String hex) {
        assertThatThrownBy(() -> HolePunchMessage.parse(bytes(hex))).isInstanceOf(MalformedException.class);
    }
}
