package network.guts.gossip.wire;

import java.util.List;
import network.guts.core.Bytes;
import network.guts.core.PeerId;
import network.guts.gossip.core.Control;
import network.guts.gossip.core.Rpc.Subscription;

/** An RPC as it was read: within the limits, its messages not verified yet. */
public record IncomingRpc(List<Subscription> subscriptions, List<Candidate> messages, Control control) {
    public IncomingRpc {
        subscriptions = List.copyOf(subscriptions);
        messages = List.copyOf(messages);
    }

    /** A message of an RPC. */
    public sealed interface Candidate {
        /** What the message says its topic is; empty if it says nothing that could be one. */
        String topic();
    }

    /**
     * A message whose fields are valid; {@link StrictSign#verify} says whether its signature is.
     *
     * @param encoded the message exactly as it came
     */
    public record Unverified(String topic, PeerId from, Bytes data, Bytes id, Bytes encoded) implements Candidate {}

    /** A message that StrictSign or the limits forbid, and why. */
    public record Refused(String topic, String reason) implements Candidate {}
}
