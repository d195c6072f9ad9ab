package network.guts.sync.wire;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.sync.model.PackId;
import network.guts.sync.model.Ref;
import network.guts.sync.model.RefName;
import network.guts.sync.model.RefsBody;
import network.guts.sync.wire.proto.RefPb;
import network.guts.sync.wire.proto.RefsBodyPb;
import network.guts.sync.wire.proto.SeedPb;

/** {@link RefsBody} as protobuf. Its hash is over the bytes as they came: keep them beside what is decoded. */
public final class RefsBodyCodec {
    private RefsBodyCodec() {}

    public static byte[] encode(RefsBody body) {
        RefsBodyPb.Builder out = RefsBodyPb.newBuilder();
        for (Ref ref : body.refs()) {
            out.addRefs(RefPb.newBuilder()
                    .setName(ref.name())
                    .setTarget(Fields.of(ref.target().bytes())));
        }
        body.packs().forEach(pack -> out.addPacks(Fields.of(pack.hash())));
        body.withdrawn().forEach(pack -> out.addWithdrawn(Fields.of(pack.hash())));
        for (PeerInfo seed : body.seeds()) {
            SeedPb.Builder peer =
                    SeedPb.newBuilder().setPeer(ByteString.copyFrom(seed.peer().toBytes()));
            seed.addresses().forEach(address -> peer.addAddresses(ByteString.copyFrom(address.toBytes())));
            out.addSeeds(peer);
        }
        return out.build().toByteArray();
    }

    /**
     * @throws MalformedException if it is no body, or breaks a limit or a rule of names
     */
    public static RefsBody decode(byte[] bytes) throws MalformedException {
        RefsBodyPb in = Fields.parse(RefsBodyPb.parser(), bytes, RefsBody.MAX_ENCODED, "body");
        List<Ref> refs = refs(in.getRefsList());
        List<PackId> packs = packs(in.getPacksList(), RefsBody.MAX_PACKS, "packs");
        List<PackId> withdrawn = packs(in.getWithdrawnList(), RefsBody.MAX_WITHDRAWN, "withdrawn packs");
        if (!refs.isEmpty() && packs.isEmpty()) {
            throw new MalformedException("refs, and no pack that holds what they name");
        }
        Set<PackId> gone = new HashSet<>(withdrawn);
        if (packs.stream().anyMatch(gone::contains)) {
            throw new MalformedException("a pack that is both listed and withdrawn");
        }
        return new RefsBody(refs, packs, withdrawn, seeds(in.getSeedsList()));
    }

    private static List<Ref> refs(List<RefPb> encoded) throws MalformedException {
        if (encoded.size() > RefsBody.MAX_REFS) {
            throw new MalformedException("a body with " + encoded.size() + " refs");
        }
        List<Ref> refs = new ArrayList<>(encoded.size());
        Set<String> names = HashSet.newHashSet(encoded.size());
        String last = "";
        for (RefPb next : encoded) {
            String name = next.getName();
            if (!RefName.isSignable(name)) {
                throw new MalformedException("a ref with a name that git does not take, or that is not signed");
            }
            if (RefName.BY_BYTES.compare(last, name) >= 0) {
                throw new MalformedException("refs are not sorted by name, or one is there twice");
            }
            // Sorted, a folder's name comes before all that lies in it.
            for (int slash = name.lastIndexOf('/'); slash > 0; slash = name.lastIndexOf('/', slash - 1)) {
                if (names.contains(name.substring(0, slash))) {
                    throw new MalformedException("a ref whose name is the folder of another");
                }
            }
            names.add(name);
            refs.add(new Ref(name, Fields.objectId(next.getTarget())));
            last = name;
        }
        return refs;
    }

    private static List<PackId> packs(List<ByteString> encoded, int limit, String what) throws MalformedException {
        if (encoded.size() > limit) {
            throw new MalformedException("a body with " + encoded.size() + " " + what);
        }
        List<PackId> packs = new ArrayList<>(encoded.size());
        Set<PackId> seen = new HashSet<>();
        for (ByteString next : encoded) {
            PackId pack = Fields.packId(next);
            if (!seen.add(pack)) {
                throw new MalformedException("a pack that is listed twice");
            }
            packs.add(pack);
        }
        return packs;
    }

    private static List<PeerInfo> seeds(List<SeedPb> encoded) throws MalformedException {
        if (encoded.size() > RefsBody.MAX_SEEDS) {
            throw new MalformedException("a body with " + encoded.size() + " seeds");
        }
        List<PeerInfo> seeds = new ArrayList<>(encoded.size());
        for (SeedPb next : encoded) {
            if (next.getAddressesCount() > RefsBody.MAX_SEED_ADDRESSES) {
                throw new MalformedException("a seed with " + next.getAddressesCount() + " addresses");
            }
            // An address of a protocol that is not known here is of no use, and no fault of the delegate.
            List<Multiaddr> addresses = next.getAddressesList().stream()
                    .map(address -> Multiaddr.tryParse(address.toByteArray()))
                    .flatMap(Optional::stream)
                    .toList();
            seeds.add(new PeerInfo(PeerId.parse(next.getPeer().toByteArray()), addresses));
        }
        return seeds;
    }
}
