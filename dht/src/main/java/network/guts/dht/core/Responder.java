package network.guts.dht.core;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;

/** The server: what a remote's request is answered with. It holds no state of requests. */
final class Responder {
    private final PeerId self;
    private final RoutingTable table;
    private final Announcer announcer;
    private final RandomGenerator random;
    private List<Multiaddr> ownAddresses = List.of();

    Responder(PeerId self, RoutingTable table, Announcer announcer, RandomGenerator random) {
        this.self = self;
        this.table = table;
        this.announcer = announcer;
        this.random = random;
    }

    void ownAddresses(List<Multiaddr> addresses) {
        ownAddresses = addresses.subList(0, Math.min(addresses.size(), Parameters.MAX_ADDRESSES));
    }

    List<Multiaddr> ownAddresses() {
        return ownAddresses;
    }

    DhtEffect answer(DhtInput.Inbound inbound, boolean server, Instant now) {
        long ref = inbound.ref();
        if (!server) {
            return new DhtEffect.Refuse(ref, "this node is a client");
        }
        return switch (inbound.request()) {
            case Request.Ping() -> new DhtEffect.Reply(ref, Response.EMPTY);
            case Request.FindNode(Bytes key) ->
                new DhtEffect.Reply(ref, new Response(closer(key, true, inbound.from(), inbound.scope()), List.of()));
            case Request.GetValue(Bytes key) ->
                new DhtEffect.Reply(ref, new Response(closer(key, false, inbound.from(), inbound.scope()), List.of()));
            case Request.GetProviders(Bytes key) -> new DhtEffect.Load(ref, key, inbound.from(), inbound.scope());
            case Request.AddProvider request -> {
                Optional<ProviderRecord> accepted = ProviderRecords.accept(request, inbound.from(), now);
                yield accepted.isPresent()
                        ? new DhtEffect.Store(ref, accepted.get())
                        : new DhtEffect.Refuse(ref, "a provider announces itself, with an address");
            }
        };
    }

    DhtEffect.Reply providers(DhtInput.Loaded loaded, Instant now) {
        DhtEffect.Load load = loaded.load();
        List<PeerInfo> providers = new ArrayList<>();
        if (announcer.provides(load.key())) {
            providers.add(load.scope().visible(new PeerInfo(self, ownAddresses), Parameters.MAX_ADDRESSES));
        }
        for (PeerInfo provider : ProviderRecords.live(loaded.records(), now, random)) {
            if (!provider.peer().equals(self)) {
                providers.add(load.scope().visible(provider, Parameters.MAX_ADDRESSES));
            }
        }
        return new DhtEffect.Reply(
                load.ref(), new Response(closer(load.key(), false, load.from(), load.scope()), providers));
    }

    /**
     * The closest peers that this node knows, without who asks; the peer that is looked for first, if its addresses are
     * known. Who asks for this node itself gets its neighbours too: that is how others see that it knows the network.
     */
    private List<PeerInfo> closer(Bytes key, boolean targetFirst, PeerId asker, AddressScope scope) {
        List<PeerInfo> peers = new ArrayList<>();
        Set<PeerId> named = new LinkedHashSet<>();
        named.add(asker);
        if (targetFirst) {
            target(key)
                    .map(peer -> scope.visible(peer, Parameters.MAX_ADDRESSES))
                    .filter(peer -> !peer.addresses().isEmpty() && named.add(peer.peer()))
                    .ifPresent(peers::add);
        }
        // One more than k, because the asker may be among them.
        for (Contact contact : table.closest(Key.of(key), Parameters.K + 1)) {
            PeerInfo visible = scope.visible(contact.info(), Parameters.MAX_ADDRESSES);
            if (peers.size() < Parameters.K && !visible.addresses().isEmpty() && named.add(contact.peer())) {
                peers.add(visible);
            }
        }
        return peers;
    }

    private Optional<PeerInfo> target(Bytes key) {
        PeerId peer;
        try {
            peer = PeerId.parse(key.toArray());
        } catch (MalformedException noPeer) {
            return Optional.empty();
        }
        return peer.equals(self)
                ? Optional.of(new PeerInfo(self, ownAddresses))
                : table.find(peer).map(entry -> entry.contact().info());
    }
}
