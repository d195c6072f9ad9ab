package network.guts.gossip.core;

import java.time.Duration;
import java.util.List;
import network.guts.core.Bytes;

/** The control messages of one RPC. */
public record Control(List<IHave> ihave, List<Bytes> iwant, List<String> graft, List<Prune> prune) {
    public static final Control NONE = new Control(List.of(), List.of(), List.of(), List.of());

    public Control {
        ihave = List.copyOf(ihave);
        iwant = List.copyOf(iwant);
        graft = List.copyOf(graft);
        prune = List.copyOf(prune);
    }

    public boolean isEmpty() {
        return ihave.isEmpty() && iwant.isEmpty() && graft.isEmpty() && prune.isEmpty();
    }

    /** The sender has these messages of {@code topic}. */
    public record IHave(String topic, List<Bytes> ids) {
        public IHave {
            ids = List.copyOf(ids);
        }
    }

    /**
     * The receiver is out of the sender's mesh.
     *
     * @param backoff how long it must not GRAFT; zero if the sender did not say (GossipSub 1.0)
     */
    public record Prune(String topic, Duration backoff) {}
}
