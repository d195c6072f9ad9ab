package network.guts.sync.fetch;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import network.guts.core.Bytes;

/**
 * Some headers are not valid although every byte that they name is here and has the signed hash: they list a pack that
 * is none, or their refs reach objects that nothing holds. Whoever signed them is at fault, not who sent them, and the
 * fetch may go on without them.
 */
final class WronglySignedException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient Map<Bytes, String> reasons;

    /**
     * @param reasons what is wrong, by the header's hash; not empty
     */
    WronglySignedException(Map<Bytes, String> reasons) {
        super(String.join("; ", reasons.values()));
        this.reasons = new LinkedHashMap<>(reasons);
    }

    /** What is wrong, by the header's hash. */
    Map<Bytes, String> reasons() {
        return reasons;
    }
}
