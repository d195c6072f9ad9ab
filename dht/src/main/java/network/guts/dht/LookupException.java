package network.guts.dht;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import network.guts.core.PeerId;

/** A look-up that came to nothing: whom it asked and what each said. */
public final class LookupException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient Map<PeerId, String> asked;

    /**
     * @param asked what each peer said, in the order of asking
     */
    public LookupException(String message, Map<PeerId, String> asked) {
        super(message);
        this.asked = new LinkedHashMap<>(asked);
    }

    public Map<PeerId, String> asked() {
        return asked;
    }
}
