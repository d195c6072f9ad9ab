package network.guts.libp2p.noise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.Provider;
import java.security.Security;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import network.guts.core.MalformedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ChaChaPolyTest {
    private static final byte[] NOTHING = new byte[0];

    /** The JDK's, whatever else is there, and the one that this machine would use. */
    static Stream<Cipher> ciphers() {
        return Stream.of(ChaChaPoly.cipher(null), ChaChaPoly.cipher());
    }

    @ParameterizedTest
    @MethodSource("ciphers")
    void speaksTheVectorOfRfc8439(Cipher cipher) throws Exception {
        // section 2.8.2
        byte[] plaintext = ("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
                        + "future, sunscreen would be it.")
                .getBytes(StandardCharsets.US_ASCII);
        SecretKeySpec key =
                new SecretKeySpec(hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"), "ChaCha20");
        IvParameterSpec nonce = new IvParameterSpec(hex("070000004041424344454647"));
        byte[] associated = hex("50515253c0c1c2c3c4c5c6c7");
        cipher.init(Cipher.ENCRYPT_MODE, key, nonce);
        cipher.updateAAD(associated);
        byte[] sealed = cipher.doFinal(plaintext);
        assertThat(HexFormat.of().formatHex(sealed))
                .isEqualTo(
                        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92"
                                + "728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b"
                                + "4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691");
        cipher.init(Cipher.DECRYPT_MODE, key, nonce);
        cipher.updateAAD(associated);
        assertThat(cipher.doFinal(sealed)).isEqualTo(plaintext);
        sealed[sealed.length - 1] ^= 1;
        cipher.init(Cipher.DECRYPT_MODE, key, nonce);
        cipher.updateAAD(associated);
        assertThatThrownBy(() -> cipher.doFinal(sealed)).isInstanceOf(AEADBadTagException.class);
    }

    @Test
    void theNativeCipherAndTheJdksUnderstandEachOther() throws Exception {
        long seed = 20260719;
        var random = new SplittableRandom(seed);
        byte[] key = new byte[CipherState.KEY];
        random.nextBytes(key);
        CipherState[] sending = {new CipherState(key, ChaChaPoly.cipher(null)), new CipherState(key)};
        CipherState[] receiving = {new CipherState(key), new CipherState(key, ChaChaPoly.cipher(null))};
        for (int round = 0; round < 200; round++) {
            byte[] plaintext = new byte[round % 10 == 9 ? NoiseConnection.MAX_PLAINTEXT : random.nextInt(300)];
            random.nextBytes(plaintext);
            byte[] associated = new byte[random.nextInt(3) * 16];
            random.nextBytes(associated);
            byte[][] sealed = new byte[2][plaintext.length + CipherState.TAG];
            for (int way = 0; way < 2; way++) {
                int length = sending[way].encrypt(associated, plaintext, 0, plaintext.length, sealed[way], 0);
                assertThat(length).isEqualTo(sealed[way].length);
                byte[] inPlace = sealed[way].clone();
                int opened = receiving[way].decrypt(associated, inPlace, 0, inPlace.length, inPlace, 0);
                assertThat(Arrays.copyOf(inPlace, opened))
                        .as("seed %d, round %d", seed, round)
                        .isEqualTo(plaintext);
            }
            assertThat(sealed[0]).as("seed %d, round %d", seed, round).isEqualTo(sealed[1]);
        }
    }

    @ParameterizedTest
    @MethodSource("ciphers")
    void worksInDirectBuffersAndWhereTheRecordLies(Cipher cipher) throws Exception {
        byte[] key = new byte[CipherState.KEY];
        byte[] plaintext = new byte[NoiseConnection.MAX_PLAINTEXT];
        new SplittableRandom(7).nextBytes(plaintext);
        CipherState arrays = new CipherState(key, ChaChaPoly.cipher(null));
        CipherState sending = new CipherState(key, cipher);
        CipherState receiving = new CipherState(key);
        CipherState other = new CipherState(key, ChaChaPoly.cipher(null));
        for (int length : new int[] {0, 1, 4097, plaintext.length}) {
            byte[] expected = new byte[length + CipherState.TAG];
            arrays.encrypt(NOTHING, plaintext, 0, length, expected, 0);
            ByteBuffer in = ByteBuffer.allocateDirect(length + 3)
                    .position(3)
                    .put(plaintext, 0, length)
                    .position(3);
            ByteBuffer out =
                    ByteBuffer.allocateDirect(length + CipherState.TAG + 9).position(5);
            assertThat(sending.encrypt(in, out)).isEqualTo(expected.length);
            assertThat(in.hasRemaining()).isFalse();
            assertThat(out.position()).isEqualTo(5 + expected.length);
            byte[] sealed = new byte[expected.length];
            out.get(5, sealed);
            assertThat(sealed).isEqualTo(expected);
            ByteBuffer copy =
                    ByteBuffer.allocate(out.capacity()).put(out.duplicate().clear());
            for (CipherState state : new CipherState[] {receiving, other}) {
                ByteBuffer record = ByteBuffer.allocateDirect(copy.capacity()).put(copy.flip());
                record.limit(5 + expected.length).position(5);
                assertThat(state.decrypt(record)).isEqualTo(length);
                byte[] opened = new byte[length];
                record.get(5, opened);
                assertThat(opened).isEqualTo(Arrays.copyOf(plaintext, length));
            }
        }
        ByteBuffer forged = ByteBuffer.allocateDirect(100);
        assertThatThrownBy(() -> receiving.decrypt(forged)).isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> receiving.decrypt(forged.clear().limit(CipherState.TAG - 1)))
                .isInstanceOf(MalformedException.class);
    }

    @ParameterizedTest
    @MethodSource("ciphers")
    void whatIsNotAuthenticIsAValue(Cipher cipher) {
        CipherState receiving = new CipherState(new byte[CipherState.KEY], cipher);
        byte[] forged = new byte[100];
        assertThatThrownBy(() -> receiving.decrypt(NOTHING, forged, 0, 100, forged, 0))
                .isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> receiving.decrypt(NOTHING, forged, 0, CipherState.TAG, forged, 0))
                .isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> receiving.decrypt(NOTHING, forged, 0, CipherState.TAG - 1, forged, 0))
                .isInstanceOf(MalformedException.class);
    }

    @Test
    void fallsBackWhereTheNativeLibraryDoesNotLoad() {
        assertThat(ChaChaPoly.available(() -> {
                    throw new UnsatisfiedLinkError("no library for this system");
                }))
                .isEmpty();
        assertThat(ChaChaPoly.available(() -> {
                    throw new NoClassDefFoundError("org/conscrypt/Conscrypt");
                }))
                .isEmpty();
        Provider without = Security.getProvider("SUN");
        assertThat(ChaChaPoly.available(() -> without)).as("no such cipher").isEmpty();
        assertThat(ChaChaPoly.cipher(null).getProvider().getName()).isEqualTo("SunJCE");
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }
}
