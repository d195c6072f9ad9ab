package network.guts.sync.model;

import network.guts.core.Cid;
import network.guts.core.MalformedException;
import network.guts.core.Multihash;

/**
 * Which repository: the sha2-256 multihash of its first identity's payload. Its text is a CID, version 1, raw, base32
 * ({@code bafkrei…}); its bytes are the key in the DHT.
 */
public record RepositoryId(Multihash hash) implements Comparable<RepositoryId> {
    public RepositoryId {
        if (hash.code() != Multihash.SHA2_256) {
            throw new IllegalArgumentException("a repository id is a sha2-256 hash");
        }
    }

    /** The id of the repository whose first identity has this payload. */
    public static RepositoryId ofPayload(byte[] firstIdentity) {
        return new RepositoryId(Multihash.sha256(firstIdentity));
    }

    /**
     * Reads a bare CID.
     *
     * @throws MalformedException if {@code text} is no raw CID with a sha2-256 hash
     */
    public static RepositoryId parse(String text) throws MalformedException {
        Cid cid = Cid.parse(text);
        if (cid.codec() != Cid.RAW || cid.hash().code() != Multihash.SHA2_256) {
            throw new MalformedException("a CID, but not a repository's (raw, sha2-256)");
        }
        return new RepositoryId(cid.hash());
    }

    @Override
    public int compareTo(RepositoryId other) {
        return hash.compareTo(other.hash);
    }

    /** The CID. */
    @Override
    public String toString() {
        return new Cid(Cid.RAW, hash).toString();
    }
}
