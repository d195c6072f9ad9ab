package network.guts.sync.fetch;

import java.io.IOException;
import network.guts.sync.model.PackId;

/** A pack is not valid although every byte has the signed hash: whoever listed it is at fault, not who sent it. */
final class BadPackException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient PackId pack;

    BadPackException(PackId pack, String reason) {
        super(reason);
        this.pack = pack;
    }

    PackId pack() {
        return pack;
    }

    /** What is wrong with it. */
    String reason() {
        return String.valueOf(getMessage());
    }
}
