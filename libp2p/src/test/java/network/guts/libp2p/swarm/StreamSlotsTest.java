package network.guts.libp2p.swarm;

import static network.guts.libp2p.Keys.peer;
import static org.assertj.core.api.Assertions.assertThat;

import network.guts.libp2p.HostConfig.StreamLimits;
import org.junit.jupiter.api.Test;

class StreamSlotsTest {
    @Test
    void eachLimitHoldsAndPlacesComeBack() {
        StreamSlots slots = new StreamSlots(new StreamLimits(5, 3, 4));
        StreamSlots.Slot a = slots.take(peer(1)).orElseThrow();
        StreamSlots.Slot b = slots.take(peer(1)).orElseThrow();
        StreamSlots.Slot c = slots.take(peer(1)).orElseThrow();
        assertThat(slots.take(peer(1))).isEmpty();
        StreamSlots.Slot d = slots.take(peer(2)).orElseThrow();
        StreamSlots.Slot e = slots.take(peer(2)).orElseThrow();
        assertThat(slots.take(peer(3))).isEmpty();

        assertThat(a.use("/x", 2)).isTrue();
        assertThat(b.use("/x", 2)).isTrue();
        assertThat(c.use("/x", 2)).isFalse();
        assertThat(c.use("/y", 2)).isTrue();
        assertThat(d.use("/x", 2)).isTrue();
        assertThat(e.use("/x", 2)).isTrue();
        e.release();
        StreamSlots.Slot f = slots.take(peer(3)).orElseThrow();
        assertThat(f.use("/x", 2)).isTrue();
        f.release();
        f.release();
        for (StreamSlots.Slot slot : new StreamSlots.Slot[] {a, b, c, d}) {
            slot.release();
        }
        assertThat(slots.total()).isZero();
        assertThat(a.use("/x", 2)).isFalse();
    }
}
