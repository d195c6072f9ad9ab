package network.guts.libp2p.identify;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.List;
import network.guts.core.MalformedException;
import network.guts.libp2p.identify.wire.IdentifyMessage;

/** What a remote says of itself. */
class IdentifyFuzzTest {
    private static final int MAX_TEXT = 128;

    @FuzzTest
    void message(byte[] data) {
        check(List.of(data));
    }

    /** In two parts, which are merged. */
    @FuzzTest
    void parts(FuzzedDataProvider data) {
        byte[] first = data.consumeBytes(data.consumeInt(0, IdentifyMessage.MAX_RECEIVED));
        check(List.of(first, data.consumeRemainingAsBytes()));
    }

    private static void check(List<byte[]> parts) {
        IdentifyMessage message;
        try {
            message = IdentifyMessage.parse(parts);
        } catch (MalformedException refused) {
            return;
        }
        assertThat(message.addresses()).hasSizeLessThanOrEqualTo(64);
        assertThat(message.protocols())
                .hasSizeLessThanOrEqualTo(256)
                .allMatch(id -> id.matches("[\\x21-\\x7e]{1,256}"));
        message.agentVersion().ifPresent(IdentifyFuzzTest::printable);
        message.protocolVersion().ifPresent(IdentifyFuzzTest::printable);
        byte[] encoded = message.encode();
        try {
            IdentifyMessage again = IdentifyMessage.parse(List.of(encoded));
            assertThat(again.publicKey()).isEqualTo(message.publicKey());
            assertThat(again.protocols()).isEqualTo(message.protocols());
            assertThat(again.observed()).isEqualTo(message.observed());
            assertThat(again.agentVersion()).isEqualTo(message.agentVersion());
            assertThat(again.protocolVersion()).isEqualTo(message.protocolVersion());
            assertThat(again.addresses())
                    .isEqualTo(message.addresses().subList(0, again.addresses().size()));
            assertThat(again.encode()).isEqualTo(encoded);
        } catch (MalformedException e) {
            throw new AssertionError("a message is not read again: " + message, e);
        }
    }

    private static void printable(String text) {
        assertThat(text).hasSizeLessThanOrEqualTo(MAX_TEXT).matches("[\\x20-\\x7e]*");
    }
}
