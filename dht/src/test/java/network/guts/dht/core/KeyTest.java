package network.guts.dht.core;

import static org.assertj.core.api.Assertions.assertThat;

import network.guts.core.Bytes;
import org.junit.jupiter.api.Test;

class KeyTest {
    @Test
    void the_common_prefix_counts_equal_leading_bits() {
        assertThat(Tiny.key(0b1010_0000).commonPrefix(Tiny.key(0b1010_1000))).isEqualTo(4);
        assertThat(Tiny.key(0b0000_0000).commonPrefix(Tiny.key(0b1000_0000))).isZero();
        assertThat(Tiny.key(0b0000_0001).commonPrefix(Tiny.key(0b0000_0001))).isEqualTo(8);
        assertThat(Key.ofBits((byte) 1, (byte) 0x40).commonPrefix(Key.ofBits((byte) 1, (byte) 0x60)))
                .isEqualTo(10);
    }

    @Test
    void distance_is_the_unsigned_xor() {
        Key target = Tiny.key(0b0000_0100);
        // 0b0000_0111 is 3 away, 0b0000_0000 is 4 away, 0b1000_0100 is 128 away.
        assertThat(target.compareDistances(Tiny.key(0b0000_0111), Tiny.key(0b0000_0000)))
                .isNegative();
        assertThat(target.compareDistances(Tiny.key(0b1000_0100), Tiny.key(0b0111_1111)))
                .isPositive();
        assertThat(target.compareDistances(Tiny.key(7), Tiny.key(7))).isZero();
    }

    @Test
    void peers_and_keys_are_hashed_with_sha256() {
        assertThat(Key.of(Tiny.peer(1)).toString())
                .isEqualTo(Bytes.sha256(Tiny.peer(1).toBytes()).hex());
        assertThat(Key.of(Bytes.of(new byte[] {1, 2})).toString())
                .isEqualTo(Bytes.sha256(new byte[] {1, 2}).hex());
    }
}
