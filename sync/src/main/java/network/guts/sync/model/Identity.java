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
 * @param delegates unique, sorted by their encoded bytes
 * @param threshold how many of them must agree
 * @param recovery hash of an encoded public key that is kept offline
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

    public Identity {
        delegates = List.copyOf(delegates);
    }
}
