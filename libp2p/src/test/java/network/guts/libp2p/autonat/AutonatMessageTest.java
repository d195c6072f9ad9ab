package network.guts.libp2p.autonat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.libp2p.Keys;
import network.guts.libp2p.autonat.wire.AutonatMessage;
import network.guts.libp2p.autonat.wire.AutonatMessage.DialDataRequest;
import network.guts.libp2p.autonat.wire.AutonatMessage.DialDataResponse;
import network.guts.libp2p.autonat.wire.AutonatMessage.DialRequest;
import network.guts.libp2p.autonat.wire.AutonatMessage.DialResponse;
import network.guts.libp2p.autonat.wire.AutonatMessage.DialStatus;
import network.guts.libp2p.autonat.wire.AutonatMessage.ResponseStatus;
import network.guts.libp2p.autonat.wire.DialBackMessage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AutonatMessageTest {
    private static final Multiaddr TCP = Keys.address("/ip4/1.2.3.4/tcp/80");

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }

    @Test
    void they_look_on_the_wire_as_the_specification_says() {
        assertThat(new DialRequest(List.of(Optional.of(TCP)), 0x0102030405060708L).encode())
                .isEqualTo(hex("0a13" + "0a080401020304060050" + "110807060504030201"));
        assertThat(new DialResponse(ResponseStatus.OK, 1, DialStatus.E_DIAL_ERROR).encode())
                .isEqualTo(hex("1207" + "08c801" + "1001" + "1864"));
        assertThat(new DialDataRequest(2, 30_000).encode()).isEqualTo(hex("1a06" + "0802" + "10b0ea01"));
        assertThat(new DialDataResponse(2).encode()).isEqualTo(hex("2204" + "0a020000"));
        assertThat(new DialBackMessage(1).encode()).isEqualTo(hex("090100000000000000"));
        assertThat(DialBackMessage.answer()).isEmpty();
    }

    @Test
    void what_is_written_is_read() throws MalformedException {
        for (AutonatMessage message : List.of(
                new DialRequest(List.of(Optional.of(TCP), Optional.empty()), -1),
                new DialResponse(ResponseStatus.E_DIAL_REFUSED, 0, DialStatus.UNUSED),
                new DialResponse(ResponseStatus.E_INTERNAL_ERROR, 49, DialStatus.E_DIAL_BACK_ERROR),
                new DialDataRequest(0xffff_ffffL, -1),
                new DialDataResponse(AutonatMessage.MAX_DATA))) {
            assertThat(AutonatMessage.parse(message.encode())).isEqualTo(message);
        }
        assertThat(DialBackMessage.parse(new DialBackMessage(-5).encode()).nonce())
                .isEqualTo(-5);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", // nothing
                "ff", // no protobuf
                "0a05", // cut off
                "1206080110011864", // an unknown response status
                "1203189903", // an unknown dial status
            })
    void what_is_malformed_is_refused(String text) {
        assertThatThrownBy(() -> AutonatMessage.parse(hex(text))).isInstanceOf(MalformedException.class);
    }

    @Test
    void dial_data_of_more_than_4096_bytes_is_refused() {
        byte[] message = new byte[6 + AutonatMessage.MAX_DATA + 1];
        byte[] head = hex("2284" + "20" + "0a81" + "20");
        System.arraycopy(head, 0, message, 0, head.length);
        assertThatThrownBy(() -> AutonatMessage.parse(message))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("4097");
    }

    @Test
    void no_more_addresses_are_looked_at_than_the_bound() throws MalformedException {
        List<Optional<Multiaddr>> many = new ArrayList<>(Collections.nCopies(400, Optional.of(TCP)));
        DialRequest read = (DialRequest) AutonatMessage.parse(new DialRequest(many, 1).encode());
        assertThat(read.addresses()).hasSize(AutonatMessage.MAX_ADDRESSES);
    }

    @Test
    void any_bytes_are_read_or_refused() {
        SplittableRandom random = new SplittableRandom(7);
        byte[] valid = new DialRequest(List.of(Optional.of(TCP)), 5).encode();
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = Arrays.copyOf(valid, random.nextInt(valid.length + 8));
            for (int i = 0; i < 3 && bytes.length > 0; i++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try {
                AutonatMessage message = AutonatMessage.parse(bytes);
                assertThat(AutonatMessage.parse(message.encode())).isEqualTo(message);
            } catch (MalformedException refused) {
                assertThat(refused).hasMessageNotContaining("null");
            }
        }
    }
}
