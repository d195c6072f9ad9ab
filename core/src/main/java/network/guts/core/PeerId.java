package network.guts.core;

/**
 * Who a peer is: the multihash of its public key. Keys of up to 42 bytes are embedded (identity hash), so the key of an
 * Ed25519 peer can be read from its id.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md">peer-ids</a>
 */
public final class PeerId implements Comparable<PeerId> {
    /** The specification's bound for an embedded key. */
    static final int MAX_INLINE_KEY = 42;

    private final Bytes bytes;

    private PeerId(Bytes bytes) {
        this.bytes = bytes;
    }

    public static PeerId of(PublicKey key) {
        byte[] encoded = key.encoded();
        Multihash hash = encoded.length <= MAX_INLINE_KEY
                ? new Multihash(Multihash.IDENTITY, Bytes.of(encoded))
                : Multihash.sha256(encoded);
        return new PeerId(Bytes.of(hash.toBytes()));
    }

    /**
     * @throws MalformedException if {@code bytes} is not the multihash of a key
     */
    public static PeerId parse(byte[] bytes) throws MalformedException {
        Multihash hash = Multihash.parse(bytes);
        boolean inline = hash.code() == Multihash.IDENTITY && hash.digest().size() <= MAX_INLINE_KEY;
        if (!inline && hash.code() != Multihash.SHA2_256) {
            throw new MalformedException("not a peer id: neither a sha2-256 hash nor an embedded key");
        }
        return new PeerId(Bytes.of(bytes));
    }

    /**
     * Reads base58btc ({@code 12D3…}, {@code Qm…}) or a CID with codec libp2p-key ({@code bafz…}).
     *
     * @throws MalformedException if {@code text} is neither
     */
    public static PeerId parse(String text) throws MalformedException {
        if (text.startsWith("1") || text.startsWith("Qm")) {
            return parse(Multibase.fromBase58(text));
        }
        Cid cid = Cid.parse(text);
        if (cid.codec() != Cid.LIBP2P_KEY) {
            throw new MalformedException("a CID, but not a peer id's");
        }
        return parse(cid.hash().toBytes());
    }

    /** The multihash's bytes, as they travel. */
    public byte[] toBytes() {
        return bytes.toArray();
    }

    public Bytes bytes() {
        return bytes;
    }

    /**
     * The embedded public key.
     *
     * @throws MalformedException if none is embedded (RSA), or it is of a kind that is not supported
     */
    public PublicKey embeddedKey() throws MalformedException {
        Multihash hash = Multihash.parse(bytes.toArray());
        if (hash.code() != Multihash.IDENTITY) {
            throw new MalformedException("the key of " + this + " is not in its id");
        }
        return PublicKey.parse(hash.digest().toArray());
    }

    /** The last eight characters, for lines that people read. */
    public String abbreviated() {
        String text = toString();
        return text.substring(Math.max(0, text.length() - 8));
    }

    @Override
    public int compareTo(PeerId other) {
        return bytes.compareTo(other.bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PeerId peer && bytes.equals(peer.bytes);
    }

    @Override
    public int hashCode() {
        return bytes.hashCode();
    }

    /** Base58btc. */
    @Override
    public String toString() {
        return Multibase.base58(bytes.toArray());
    }
}
