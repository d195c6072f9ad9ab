package network.guts.dht.core;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;

/** What makes a provider record good, how long it lives, how many are kept, and which are handed out. */
public final class ProviderRecords {
    /** The specification's life of a record: 48 h. */
    public static final Duration RECORD_LIFE = Duration.ofDays(2);

    /** The specification's life of the addresses that came with it: they change more often than providers do. */
    public static final Duration ADDRESS_LIFE = Duration.ofDays(1);

    /** How often expired records are deleted; they are never served meanwhile. */
    static final Duration SWEEP_INTERVAL = Duration.ofHours(1);

    /** Providers of one key. A full key takes no newcomers: who is there first stays, renewed or not, until it expires. */
    public static final int MAX_PER_KEY = 200;

    /** Keys of one provider, so that no single peer can fill the store: a large seeder has some thousand repositories. */
    public static final int MAX_PER_PROVIDER = 20_000;

    /** Records in all, about 60 MB on disk. */
    public static final int MAX_RECORDS = 200_000;

    private ProviderRecords() {}

    /**
     * The record that {@code from} may leave: about itself, with an address.
     *
     * @return empty if there is none in the request
     */
    static Optional<ProviderRecord> accept(Request.AddProvider request, PeerId from, Instant now) {
        return request.providers().stream()
                .filter(provider -> provider.peer().equals(from))
                .filter(provider -> !provider.addresses().isEmpty())
                .findFirst()
                .map(provider -> new ProviderRecord(request.key(), bounded(provider), now));
    }

    private static boolean isLive(ProviderRecord record, Instant now) {
        return record.received().plus(RECORD_LIFE).isAfter(now);
    }

    private static PeerInfo bounded(PeerInfo peer) {
        List<Multiaddr> addresses = peer.addresses();
        return new PeerInfo(peer.peer(), addresses.subList(0, Math.min(addresses.size(), Parameters.MAX_ADDRESSES)));
    }

    /**
     * The providers that still count, in random order: a reply has no room for all of a crowd, and the order of arrival
     * would favour who announces first.
     */
    static List<PeerInfo> live(List<ProviderRecord> records, Instant now, RandomGenerator random) {
        List<PeerInfo> live = new ArrayList<>();
        for (ProviderRecord record : records) {
            if (isLive(record, now)) {
                boolean fresh = record.received().plus(ADDRESS_LIFE).isAfter(now);
                PeerInfo provider = record.provider();
                live.add(fresh ? provider : new PeerInfo(provider.peer(), List.of()));
            }
        }
        for (int i = live.size() - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            PeerInfo swapped = live.get(i);
            live.set(i, live.get(other));
            live.set(other, swapped);
        }
        return live;
    }
}
