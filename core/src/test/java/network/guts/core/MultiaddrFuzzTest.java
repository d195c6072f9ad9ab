package network.guts.core;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;

/** Addresses of a remote, in bytes and as text. */
class MultiaddrFuzzTest {
    private static final PeerId PEER =
            PrivateKey.generate(new java.security.SecureRandom()).peerId();

    @FuzzTest
    void bytes(byte[] data) {
        Multiaddr address;
        try {
            address = Multiaddr.parse(data);
        } catch (MalformedException refused) {
            return;
        }
        // One encoding for each address: else one address could be kept many times.
        assertThat(address.toBytes()).isEqualTo(data);
        check(address);
    }

    @FuzzTest
    void text(FuzzedDataProvider data) {
        Multiaddr address;
        try {
            address = Multiaddr.parse(data.consumeRemainingAsString());
        } catch (MalformedException refused) {
            return;
        }
        check(address);
    }

    /** Everything may be asked of an address that was parsed, and nothing of it reaches a terminal as it is not meant. */
    private static void check(Multiaddr address) {
        assertThat(address.components()).hasSizeBetween(1, Multiaddr.MAX_COMPONENTS);
        assertThat(address.toBytes()).hasSizeLessThanOrEqualTo(Multiaddr.MAX_ENCODED);
        assertThat(address.toString()).matches("[\\x21-\\x7e]+");
        try {
            assertThat(Multiaddr.parse(address.toString())).isEqualTo(address).hasToString(address.toString());
            assertThat(Multiaddr.parse(address.toBytes())).isEqualTo(address).hasToString(address.toString());
        } catch (MalformedException e) {
            throw new AssertionError("an address is not read again: " + address, e);
        }
        assertThat(address.port().orElse(0)).isBetween(0, 65535);
        assertThat(address.ip().isPresent())
                .isEqualTo(address.components().getFirst().part() == Multiaddr.Part.IP4
                        || address.components().getFirst().part() == Multiaddr.Part.IP6);
        address.peerId().ifPresent(peer -> assertThat(address.toString()).endsWith("/p2p/" + peer));
        boolean full = address.components().size() == Multiaddr.MAX_COMPONENTS
                || address.toBytes().length > Multiaddr.MAX_ENCODED - 64;
        if (!full) {
            assertThat(address.withPeerId(PEER).peerId()).contains(PEER);
            assertThat(address.withPeerId(PEER).withoutPeerId()).isEqualTo(address.withoutPeerId());
        }
    }
}
