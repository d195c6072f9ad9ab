package network.guts.sync.pack;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.Ref;

/** Whether everything that refs reach is there. */
@SuppressWarnings({"DoNotCallSuggester", "DoNotCall"})
public final class Connectivity {
    private Connectivity() {}

    /** What was found. */
    public sealed interface Result {
        /** Every object that the refs reach is there and of the right type. */
        record Complete() implements Result {}

        /** {@code missing} is not there, or is no {@code expected}; {@code neededBy} says what names it. */
        record Missing(ObjectId missing, ObjectType expected, String neededBy) implements Result {}
    }

    /**
     * Checks the closure of {@code refs} over packs that were just parsed and objects that are complete already.
     *
     * @param existing objects whose closures are complete (the repository's, as they passed this check)
     */
    public static Result check(Collection<Ref> refs, List<ParsedPack> packs, ObjectSource existing) throws IOException {
        throw new IllegalStateException("being built");
    }
}
