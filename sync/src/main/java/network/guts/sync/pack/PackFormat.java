package network.guts.sync.pack;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Figures of git's pack format (gitformat-pack), version 2. */
final class PackFormat {
    static final int SIGNATURE = 0x5041434b;
    static final int VERSION = 2;
    static final int HEADER_BYTES = 12;
    static final int TRAILER_BYTES = 20;

    /** A header of one byte and the shortest zlib stream. */
    static final int MIN_ENTRY_BYTES = 9;

    /** Entries are numbered by ints, with a few bits to spare for sorting. */
    static final int MAX_OBJECTS = 1 << 27;

    /** Deflate makes at most 1032 bytes of one. */
    static final long MAX_DEFLATE_RATIO = 1032;

    /** The longest chain that git itself makes (pack.depth). */
    static final int MAX_CHAIN = 4095;

    private PackFormat() {}

    static MessageDigest sha1() {
        try {
            return MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java platform has no SHA-1", e);
        }
    }
}
