package network.guts.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MultiaddrTest {
    private static final String PEER = "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA";

    @ParameterizedTest
    @CsvSource({
        "/ip4/127.0.0.1/tcp/9000,047f000001062328",
        "/ip4/127.0.0.1/udp/1234,047f000001910204d2",
        "/ip6/::1/tcp/80,2900000000000000000000000000000001060050",
        "/dns4/example.com/tcp/443/tls/ws,360b6578616d706c652e636f6d0601bbc003dd03"
    })
    void textAndBytes(String text, String bytes) throws MalformedException {
        assertThat(Multiaddr.parse(text).toBytes()).isEqualTo(HexFormat.of().parseHex(bytes));
        assertThat(Multiaddr.parse(HexFormat.of().parseHex(bytes))).hasToString(text);
    }

    /** RFC 5952, sections 4 and 5. */
    @ParameterizedTest
    @CsvSource({
        "2001:0db8::0001,2001:db8::1",
        "2001:db8:0:0:0:0:2:1,2001:db8::2:1",
        "2001:db8:0:1:1:1:1:1,2001:db8:0:1:1:1:1:1",
        "2001:0:0:1:0:0:0:1,2001:0:0:1::1",
        "2001:db8:0:0:1:0:0:1,2001:db8::1:0:0:1",
        "2001:DB8::ABCD,2001:db8::abcd",
        "0:0:0:0:0:0:0:0,::",
        "1:0:0:0:0:0:0:0,1::",
        "::ffff:192.0.2.1,::ffff:c000:201"
    })
    void ip6HasOneText(String given, String canonical) throws MalformedException {
        assertThat(Multiaddr.parse("/ip6/" + given + "/tcp/1")).hasToString("/ip6/" + canonical + "/tcp/1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "/", "ip4/1.2.3.4", "/ip4", "/ip4/", "/ip4/1.2.3", "/ip4/1.2.3.256", "/ip4/1.2.3.4.5", "/ip4/::1", "/ip6/1.2.3.4",
                "/ip6/:::", "/ip6/1::2::3", "/ip6/12345::", "/ip6/1:2:3:4:5:6:7:8:9", "/ip6/1:2:3:4:5:6:7::8", "/tcp/65536", "/tcp/-1", "/tcp/+1", "/tcp/a",
                "/ip4/127.0.0.1/nothing/1", "/dns4/", "/dns4/a b", "/dns4/\u001b[2J", "/p2p/hello", "/ip4/1.2.3.4//tcp/1", "/certhash/xAAAA"
            })
    void malformedText(String text) {
        assertThatThrownBy(() -> Multiaddr.parse(text)).isInstanceOf(MalformedException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "04", "047f0000", "06", "0600", "36", "3605", "36056162", "360161ff", "ffff7f", "3601ff", "a503021220"})
    void malformedBytes(String bytes) {
        assertThatThrownBy(() -> Multiaddr.parse(HexFormat.of().parseHex(bytes))).isInstanceOf(MalformedException.class);
        assertThat(Multiaddr.tryParse(HexFormat.of().parseHex(bytes))).isEmpty();
    }

    @Test
    void partsOfAnAddress() throws MalformedException {
        Multiaddr plain = Multiaddr.parse("/ip4/192.0.2.7/tcp/9000");
        PeerId peer = PeerId.parse(PEER);
        Multiaddr whole = plain.withPeerId(peer);
        assertThat(whole).hasToString("/ip4/192.0.2.7/tcp/9000/p2p/" + PEER);
        assertThat(whole.peerId()).contains(peer);
        assertThat(whole.withoutPeerId()).contains(plain);
        assertThat(plain.port()).contains(9000);
        assertThat(plain.ip().orElseThrow().getHostAddress()).isEqualTo("192.0.2.7");
        assertThat(Multiaddr.parse("/p2p/" + PEER).withoutPeerId()).isEqualTo(Optional.empty());
        assertThat(Multiaddr.parse("/ipfs/" + PEER)).hasToString("/p2p/" + PEER);
    }

    @Test
    void whatIsReadIsWrittenTheSame() throws MalformedException {
        SplittableRandom random = new SplittableRandom(13);
        byte[][] starts = {
            Multiaddr.parse("/ip4/192.0.2.1/tcp/1/p2p/" + PEER).toBytes(),
            Multiaddr.parse("/ip6/2001:db8::1/udp/4001/quic-v1/p2p/" + PEER + "/p2p-circuit").toBytes(),
            Multiaddr.parse("/dns/a.example/tcp/1/tls/sni/b.example/ws").toBytes()
        };
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = starts[random.nextInt(starts.length)].clone();
            for (int changes = random.nextInt(3); changes >= 0; changes--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            Optional<Multiaddr> parsed = Multiaddr.tryParse(bytes);
            if (parsed.isPresent()) {
                assertThat(Multiaddr.parse(parsed.get().toString())).as("seed 13, round " + i).isEqualTo(parsed.get());
                assertThat(Multiaddr.parse(parsed.get().toBytes())).as("seed 13, round " + i).isEqualTo(parsed.get());
            }
        }
    }
}
