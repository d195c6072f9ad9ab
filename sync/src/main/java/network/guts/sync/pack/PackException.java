package network.guts.sync.pack;

import java.io.IOException;

/**
 * A pack that is not what it says. Whoever signed its descriptor made it so: the chunks' hashes were right, so no
 * provider is to blame. The message names the offset or the object, never raw bytes.
 */
public final class PackException extends IOException {
    private static final long serialVersionUID = 1L;

    /** What is wrong with it. */
    public enum Kind {
        /** Not git's pack format: header, entry, zlib stream, delta, trailer, truncated or trailing bytes. */
        MALFORMED,
        /** Something that the descriptor says does not hold: size, objects, first entries, bases, ids of inputs. */
        DESCRIPTOR,
        /** A base is neither in the pack nor in the packs before it, or deltas go round in a circle. */
        MISSING_BASE,
        /** An object that git's own checks would refuse. */
        BAD_OBJECT,
        /** One object id twice in a pack. */
        DUPLICATE,
        /** Two contents under one object id. */
        COLLISION,
        /** More than the limits allow to inflate. */
        TOO_LARGE,
        /** Consolidation is forbidden: a chain of deltas became too long. Repack instead. */
        CHAIN
    }

    private final Kind kind;

    public PackException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
