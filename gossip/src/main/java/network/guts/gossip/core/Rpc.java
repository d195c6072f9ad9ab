package network.guts.gossip.core;

import java.util.List;

/** One RPC as it is sent. Peer exchange in PRUNE is never sent: it needs a score first. */
public record Rpc(List<Subscription> subscriptions, List<SignedMessage> messages, Control control) {
    public Rpc {
        subscriptions = List.copyOf(subscriptions);
        messages = List.copyOf(messages);
    }

    /** How much is lost with it if a slow peer's queue must be shortened. */
    public Kind kind() {
        if (!subscriptions.isEmpty()
                || !control.graft().isEmpty()
                || !control.prune().isEmpty()) {
            return Kind.STATE;
        }
        return messages.isEmpty() ? Kind.GOSSIP : Kind.MESSAGE;
    }

    /** What an RPC carries, at its most important. */
    public enum Kind {
        /** IHAVE, IWANT: the next heartbeat says it again. */
        GOSSIP,
        /** A message: gossip brings it if it is lost. */
        MESSAGE,
        /** Subscriptions, GRAFT, PRUNE: if one is lost, both sides disagree for good. */
        STATE
    }

    /** A topic that the sender follows from now on, or no more. */
    public record Subscription(String topic, boolean subscribe) {}
}
