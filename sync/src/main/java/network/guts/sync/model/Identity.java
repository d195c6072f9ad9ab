package network.guts.sync.model;

import java.util.List;
import java.util.Optional;
import network.guts.core.Bytes;
import network.guts.core.PublicKey;

/**
 * One revision of what a repository is and who may sign for it.
 *
 * @param version of the format, 1
 * @param revision 0 for the first
 * @param previous hash of the payload of the revision before; empty in revision 0
 * @param defaultBranch without {@code refs/heads/}
 * @param delegates unique, sorted by their encoded bytes
 * @param threshold how many of them must agree
 * @param recovery SHA-256 of an encoded public key that is kept offline; it decides between two successors
 * @param nonce 16 random bytes in revision 0, else empty
 */
public record Identity(
        int version,
        long revision,
        Optional<Bytes> previous,
        String name,
        String description,
        String defaultBranch,
        List<PublicKey> delegates,
        int threshold,
        Optional<Bytes> recovery,
        Bytes nonce) {
    public static final int VERSION = 1;
    public static final int MAX_ENCODED = 16 * 1024;
    public static final int MAX_DELEGATES = 32;
    public static final int NONCE_BYTES = 16;
    /** In bytes of UTF-8: a name is a label, shown in lists. */
    public static final int MAX_NAME = 128;
    /** In bytes of UTF-8: a paragraph, not a document. */
    public static final int MAX_DESCRIPTION = 4096;
    /** The only object format so far: ids are SHA-1. */
    public static final String OBJECT_FORMAT = "sha1";

    public Identity {
        delegates = List.copyOf(delegates);
    }
}
