package network.guts.gossip.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import network.guts.core.MalformedException;
import network.guts.gossip.core.Control.IHave;
import network.guts.gossip.core.Limits;
import network.guts.gossip.core.Rpc;
import network.guts.gossip.core.SignedMessage;
import network.guts.gossip.wire.IncomingRpc.Candidate;
import network.guts.gossip.wire.IncomingRpc.Unverified;

/** RPCs of remotes. */
class RpcFuzzTest {
    @FuzzTest
    void rpc(byte[] data) {
        IncomingRpc rpc;
        try {
            rpc = RpcCodec.parse(data);
        } catch (MalformedException refused) {
            return;
        }
        bounded(rpc);
        List<SignedMessage> good = new ArrayList<>();
        for (Candidate candidate : rpc.messages()) {
            if (candidate instanceof Unverified unverified) {
                try {
                    good.add(StrictSign.verify(unverified));
                } catch (MalformedException refused) {
                    assertThat(refused).hasMessageNotContaining("\n");
                }
            }
        }
        try {
            IncomingRpc again = RpcCodec.parse(RpcCodec.encode(new Rpc(rpc.subscriptions(), good, rpc.control())));
            assertThat(again.subscriptions()).isEqualTo(rpc.subscriptions());
            assertThat(again.control()).isEqualTo(rpc.control());
            assertThat(again.messages()).hasSameSizeAs(good).allMatch(Unverified.class::isInstance);
        } catch (MalformedException e) {
            throw new AssertionError("an RPC is not read again: " + rpc, e);
        }
    }

    private static void bounded(IncomingRpc rpc) {
        assertThat(rpc.subscriptions())
                .hasSizeLessThanOrEqualTo(Limits.MAX_SUBSCRIPTIONS_PER_RPC)
                .allMatch(each -> isTopic(each.topic()));
        assertThat(rpc.messages()).hasSizeLessThanOrEqualTo(Limits.MAX_MESSAGES_PER_RPC);
        assertThat(rpc.control().ihave()).hasSizeLessThanOrEqualTo(Limits.MAX_CONTROL_ENTRIES_PER_RPC);
        assertThat(rpc.control().iwant()).hasSizeLessThanOrEqualTo(Limits.MAX_IDS_PER_RPC);
        assertThat(rpc.control().ihave().stream()
                        .map(IHave::ids)
                        .mapToInt(List::size)
                        .sum())
                .isLessThanOrEqualTo(Limits.MAX_IDS_PER_RPC);
        assertThat(rpc.control().graft())
                .hasSizeLessThanOrEqualTo(Limits.MAX_CONTROL_ENTRIES_PER_RPC)
                .allMatch(RpcFuzzTest::isTopic);
        assertThat(rpc.control().prune())
                .hasSizeLessThanOrEqualTo(Limits.MAX_CONTROL_ENTRIES_PER_RPC)
                .allMatch(each -> !each.backoff().isNegative() && each.backoff().compareTo(Limits.MAX_BACKOFF) <= 0);
    }

    private static boolean isTopic(String topic) {
        int size = topic.getBytes(StandardCharsets.UTF_8).length;
        return size >= 1 && size <= Limits.MAX_TOPIC_BYTES;
    }
}
