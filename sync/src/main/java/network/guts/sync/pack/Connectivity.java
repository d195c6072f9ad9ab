package network.guts.sync.pack;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import network.guts.core.Bytes;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.Ref;

/**
 * Whether everything that refs reach is there. While packs were parsed, everything that their objects name was noted;
 * what is not in the same pack is looked up here. So nothing is walked, and what lies in packs that no ref reaches must
 * be complete as well: a ref may point to it tomorrow.
 */
public final class Connectivity {
    private static final String HEADS = "refs/heads/";

    private Connectivity() {}

    /** What was found. */
    public sealed interface Result {
        /** Every object that the refs, and the objects of the packs, reach is there and of the right type. */
        record Complete() implements Result {}

        /**
         * {@code missing} is not there, or is no {@code expected}.
         *
         * @param expected empty if any type would do
         * @param neededBy a ref's name, or the number of the pack whose objects name it
         */
        record Missing(ObjectId missing, Optional<ObjectType> expected, String neededBy) implements Result {}
    }

    /**
     * Checks the closure of {@code refs} over packs that were just parsed and objects that are complete already.
     *
     * @param existing objects whose closures are complete (the repository's, as they passed this check)
     * @throws PackException if a pack's objects name more than any honest pack's do
     */
    public static Result check(Collection<Ref> refs, List<ParsedPack> packs, ObjectSource existing) throws IOException {
        for (int i = 0; i < packs.size(); i++) {
            ParsedPack pack = packs.get(i);
            if (!pack.isOutsideKnown()) {
                throw new PackException(PackException.Kind.TOO_LARGE, "its objects name far more objects than it has");
            }
            byte[] outside = pack.outside();
            for (int at = 0; at < outside.length; at += ParsedPack.REFERENCE_BYTES) {
                ObjectId id = new ObjectId(Bytes.of(outside, at, ObjectId.BYTES));
                ObjectType expected = ObjectType.of(outside[at + ObjectId.BYTES]);
                Optional<ObjectType> found = find(id, packs, existing);
                if (found.isEmpty() || found.get() != expected) {
                    return new Result.Missing(id, Optional.of(expected), "an object of pack " + (i + 1));
                }
            }
        }
        for (Ref ref : refs) {
            Optional<ObjectType> found = find(ref.target(), packs, existing);
            boolean head = ref.name().startsWith(HEADS);
            if (found.isEmpty() || head && found.get() != ObjectType.COMMIT) {
                return new Result.Missing(
                        ref.target(), head ? Optional.of(ObjectType.COMMIT) : Optional.empty(), ref.name());
            }
        }
        return new Result.Complete();
    }

    private static Optional<ObjectType> find(ObjectId id, List<ParsedPack> packs, ObjectSource existing)
            throws IOException {
        for (ParsedPack pack : packs) {
            Optional<ObjectType> type = pack.type(id);
            if (type.isPresent()) {
                return type;
            }
        }
        return existing.type(id);
    }
}
