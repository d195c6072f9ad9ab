package network.guts.sync.fetch;

import java.io.IOException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import network.guts.core.Bytes;
import network.guts.sync.model.PackId;
import network.guts.sync.model.Ref;
import network.guts.sync.model.RefsBody;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.Signed;
import network.guts.sync.pack.Connectivity;
import network.guts.sync.pack.ObjectSource;
import network.guts.sync.pack.ObjectType;
import network.guts.sync.pack.PackException;
import network.guts.sync.pack.ParsedPack;

/**
 * Whether everything is there that the refs of some headers reach, and if not, whose headers say so: a ref to a missing
 * object is the fault of the delegates who signed it, a pack whose objects name a missing one that of those who list it.
 */
final class Completeness {
    /** What is asked: the parsed packs that are new, and everything that they and the refs may name. */
    record Objects(Map<PackId, ParsedPack> packs, ObjectSource all) {}

    private Completeness() {}

    /**
     * Looks at every pack and every ref.
     *
     * @return what is wrong, by the header's hash; empty if all is there
     */
    static Map<Bytes, String> faults(Map<Signed<RefsHeader>, RefsBody> headers, Objects objects) throws IOException {
        Map<PackId, String> incomplete = new LinkedHashMap<>();
        for (Map.Entry<PackId, ParsedPack> pack : objects.packs().entrySet()) {
            incompletePack(pack.getKey(), pack.getValue(), objects.all())
                    .ifPresent(reason -> incomplete.put(pack.getKey(), reason));
        }
        Map<Bytes, String> faults = new LinkedHashMap<>();
        // Delegates mostly sign the same refs: each is looked up once.
        Set<Ref> complete = new HashSet<>();
        for (Map.Entry<Signed<RefsHeader>, RefsBody> entry : headers.entrySet()) {
            RefsBody body = entry.getValue();
            Optional<String> fault = body.packs().stream()
                    .flatMap(pack -> Optional.ofNullable(incomplete.get(pack)).stream())
                    .findFirst();
            if (fault.isEmpty()) {
                fault = missingTarget(body, complete, objects.all());
            }
            fault.ifPresent(reason -> faults.put(entry.getKey().hash(), reason));
        }
        return faults;
    }

    private static Optional<String> incompletePack(PackId id, ParsedPack pack, ObjectSource all) throws IOException {
        try {
            return Connectivity.check(List.of(), List.of(pack), all) instanceof Connectivity.Result.Missing missing
                    ? Optional.of(words(missing, "an object of pack " + id))
                    : Optional.empty();
        } catch (PackException e) {
            return Optional.of("pack " + id + " is not valid: " + e.getMessage());
        }
    }

    private static Optional<String> missingTarget(RefsBody body, Set<Ref> complete, ObjectSource all)
            throws IOException {
        List<Ref> unknown =
                body.refs().stream().filter(ref -> !complete.contains(ref)).toList();
        if (Connectivity.check(unknown, List.of(), all) instanceof Connectivity.Result.Missing missing) {
            return Optional.of(words(missing, missing.neededBy()));
        }
        complete.addAll(unknown);
        return Optional.empty();
    }

    private static String words(Connectivity.Result.Missing missing, String neededBy) {
        String what = missing.expected().map(ObjectType::toString).orElse("object");
        return what + " " + missing.missing() + " is missing, " + neededBy + " needs it";
    }
}
