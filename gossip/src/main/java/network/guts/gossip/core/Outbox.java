package network.guts.gossip.core;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import network.guts.core.Bytes;
import network.guts.core.PeerId;
import network.guts.gossip.core.Control.IHave;
import network.guts.gossip.core.Control.Prune;
import network.guts.gossip.core.GossipEffect.Send;
import network.guts.gossip.core.Rpc.Subscription;

/**
 * Collects the effects of one step. For each peer, subscriptions with GRAFT and PRUNE leave in one RPC, each message in one
 * of its own, and gossip in another: so that a slow peer's queue can be shortened by the least important.
 */
final class Outbox {
    private static final class Draft {
        final List<Subscription> subscriptions = new ArrayList<>();
        final List<String> graft = new ArrayList<>();
        final List<Prune> prune = new ArrayList<>();
        final List<SignedMessage> messages = new ArrayList<>();
        final List<IHave> ihave = new ArrayList<>();
        final List<Bytes> iwant = new ArrayList<>();
    }

    private final Map<PeerId, Draft> drafts = new LinkedHashMap<>();
    private List<GossipEffect> effects = new ArrayList<>();

    private Draft draft(PeerId peer) {
        return drafts.computeIfAbsent(peer, to -> new Draft());
    }

    void subscription(PeerId to, String topic, boolean subscribe) {
        draft(to).subscriptions.add(new Subscription(topic, subscribe));
    }

    void graft(PeerId to, String topic) {
        draft(to).graft.add(topic);
    }

    void prune(PeerId to, Prune prune) {
        draft(to).prune.add(prune);
    }

    void message(PeerId to, SignedMessage message) {
        draft(to).messages.add(message);
    }

    void ihave(PeerId to, IHave ihave) {
        draft(to).ihave.add(ihave);
    }

    void iwant(PeerId to, List<Bytes> ids) {
        draft(to).iwant.addAll(ids);
    }

    void effect(GossipEffect effect) {
        effects.add(effect);
    }

    List<GossipEffect> drain() {
        drafts.forEach((peer, draft) -> {
            Control state = new Control(List.of(), List.of(), draft.graft, draft.prune);
            if (!draft.subscriptions.isEmpty() || !state.isEmpty()) {
                effects.add(new Send(peer, new Rpc(draft.subscriptions, List.of(), state)));
            }
            for (SignedMessage message : draft.messages) {
                effects.add(new Send(peer, new Rpc(List.of(), List.of(message), Control.NONE)));
            }
            ihaves(peer, draft.ihave);
            for (int at = 0; at < draft.iwant.size(); at += Limits.MAX_IDS_PER_IHAVE) {
                int end = Math.min(draft.iwant.size(), at + Limits.MAX_IDS_PER_IHAVE);
                gossip(peer, new Control(List.of(), draft.iwant.subList(at, end), List.of(), List.of()));
            }
        });
        drafts.clear();
        List<GossipEffect> drained = effects;
        effects = new ArrayList<>();
        return drained;
    }

    /** Topics share RPCs, since a receiver counts the RPCs with IHAVE. */
    private void ihaves(PeerId peer, List<IHave> all) {
        List<IHave> next = new ArrayList<>();
        int ids = 0;
        for (IHave ihave : all) {
            if (!next.isEmpty() && ids + ihave.ids().size() > Limits.MAX_IDS_PER_IHAVE) {
                gossip(peer, new Control(next, List.of(), List.of(), List.of()));
                next.clear();
                ids = 0;
            }
            next.add(ihave);
            ids += ihave.ids().size();
        }
        if (!next.isEmpty()) {
            gossip(peer, new Control(next, List.of(), List.of(), List.of()));
        }
    }

    private void gossip(PeerId peer, Control control) {
        effects.add(new Send(peer, new Rpc(List.of(), List.of(), control)));
    }
}
