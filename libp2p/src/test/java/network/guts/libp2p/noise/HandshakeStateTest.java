package network.guts.libp2p.noise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import network.guts.core.MalformedException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HandshakeStateTest {
    private static final byte[] NOTHING = new byte[0];
    private HandshakeState initiator = initiator();
    private HandshakeState responder = responder();

    @BeforeEach
    void begin() {
        initiator = initiator();
        responder = responder();
    }

    /** The keys of the published vectors of Noise_XX_25519_ChaChaPoly_SHA256. */
    private static HandshakeState initiator() {
        return new HandshakeState(true, NOTHING, new KeyPair(counting(0)), new KeyPair(counting(0x20)));
    }

    private static HandshakeState responder() {
        return new HandshakeState(false, NOTHING, new KeyPair(counting(1)), new KeyPair(counting(0x41)));
    }

    private static byte[] counting(int from) {
        byte[] key = new byte[KeyPair.SIZE];
        for (int at = 0; at < key.length; at++) {
            key[at] = (byte) (from + at);
        }
        return key;
    }

    @Test
    void speaksThePublishedVectors() throws Exception {
        byte[] first = initiator.write(text("test_msg_0"));
        assertThat(hex(first))
                .isEqualTo("358072d6365880d1aeea329adf9121383851ed21a28e3b75e965d0d2cd166254746573745f6d73675f30");
        assertThat(responder.read(first)).isEqualTo(text("test_msg_0"));
        byte[] second = responder.write(text("test_msg_1"));
        assertThat(hex(second))
                .isEqualTo(
                        "64b101b1d0be5a8704bd078f9895001fc03e8e9f9522f188dd128d9846d484663414af878d3e46a2f58911a816d6"
                                + "e8346d4ea17a6f2a0bb4ef4ed56c133cff4572e7a2ba5123ac30618b3d205f5c2d17f50cbca216483ac56bcc78e3"
                                + "3bf520303278db641e5e731b2e3a");
        assertThat(initiator.read(second)).isEqualTo(text("test_msg_1"));
        byte[] third = initiator.write(text("test_msg_2"));
        assertThat(hex(third))
                .isEqualTo(
                        "87f864c11ba449f46a0a4f4e2eacbb7b0457784f4fca1937f572c93603e9c4d9f27e318e43ba630594c4d08eeb3b"
                                + "36d97c7377a2f4f9144b2f0c8095ad92140505b2ab53eff244b14138");
        assertThat(responder.read(third)).isEqualTo(text("test_msg_2"));
        assertThat(hex(sealed(initiator.sendKey(), "yellowsubmarine")))
                .isEqualTo("a52ef02ba60e12696d1d6b9ef4245c88fca757b6134ad6e76b56e310a6adf6");
        assertThat(hex(sealed(responder.sendKey(), "submarineyellow")))
                .isEqualTo("2445aa438ebd649281c636cc7269ca82f1d9023d72520943aeabf909cdf521");
        assertThat(initiator.receiveKey()).isEqualTo(responder.sendKey());
        assertThat(initiator.hash()).isEqualTo(responder.hash());
    }

    @Test
    void noticesEveryChangedByteOfTheSecondMessage() throws Exception {
        byte[] first = initiator.write(NOTHING);
        responder.read(first);
        byte[] second = responder.write(text("payload"));
        for (int at = 0; at < second.length; at++) {
            byte[] changed = second.clone();
            changed[at] ^= 1;
            HandshakeState reader = initiator();
            reader.write(NOTHING);
            assertThatThrownBy(() -> reader.read(changed)).isInstanceOf(MalformedException.class);
        }
    }

    @Test
    void refusesMessagesThatAreCutOff() throws Exception {
        assertThatThrownBy(() -> responder.read(new byte[31])).isInstanceOf(MalformedException.class);
        byte[] first = initiator.write(NOTHING);
        HandshakeState other = responder();
        other.read(first);
        byte[] second = other.write(NOTHING);
        for (int length : new int[] {0, 31, 32, 79, 80, 95}) {
            HandshakeState reader = initiator();
            reader.write(NOTHING);
            assertThatThrownBy(() -> reader.read(java.util.Arrays.copyOf(second, length)))
                    .isInstanceOf(MalformedException.class);
        }
    }

    @Test
    void refusesKeysOfSmallOrder() throws Exception {
        byte[] zero = new byte[KeyPair.SIZE];
        responder.read(zero);
        assertThatThrownBy(() -> responder.write(NOTHING))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("small order");
    }

    @Test
    void aCipherStateCountsAndNoticesReordering() throws Exception {
        byte[] key = new byte[CipherState.KEY];
        new SecureRandom().nextBytes(key);
        CipherState sending = new CipherState(key);
        byte[] one = new byte[20];
        byte[] two = new byte[20];
        sending.encrypt(NOTHING, text("1234"), 0, 4, one, 0);
        sending.encrypt(NOTHING, text("1234"), 0, 4, two, 0);
        assertThat(one).isNotEqualTo(two);
        CipherState receiving = new CipherState(key);
        assertThatThrownBy(() -> receiving.decrypt(NOTHING, two, 0, 20, new byte[4], 0))
                .isInstanceOf(MalformedException.class);
        assertThat(receiving.decrypt(NOTHING, two, 0, 20, two, 0)).isEqualTo(4);
        assertThatThrownBy(() -> receiving.decrypt(NOTHING, two, 0, 15, new byte[4], 0))
                .isInstanceOf(MalformedException.class);
    }

    private static byte[] sealed(byte[] key, String text) {
        byte[] plaintext = text(text);
        byte[] out = new byte[plaintext.length + CipherState.TAG];
        new CipherState(key).encrypt(NOTHING, plaintext, 0, plaintext.length, out, 0);
        return out;
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
