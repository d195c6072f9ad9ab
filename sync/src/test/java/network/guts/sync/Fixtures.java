package network.guts.sync;

import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.Multihash;
import network.guts.core.PrivateKey;
import network.guts.core.PublicKey;
import network.guts.sync.model.Identity;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.Signed;
import network.guts.sync.model.SignedIdentity;
import network.guts.sync.wire.SignedRecords;

/** Keys and records that are the same in every run. */
public final class Fixtures {
    public static final Instant NOON = Instant.parse("2026-01-02T12:00:00Z");
    public static final PrivateKey ALICE = key(1);
    public static final PrivateKey BOB = key(2);
    public static final PrivateKey CAROL = key(3);
    public static final PrivateKey RECOVERY = key(9);

    private Fixtures() {}

    public static PrivateKey key(int number) {
        byte[] seed = new byte[PrivateKey.SEED_BYTES];
        Arrays.fill(seed, (byte) number);
        try {
            return PrivateKey.fromSeed(seed);
        } catch (MalformedException e) {
            throw new AssertionError(e);
        }
    }

    public static List<PublicKey> delegates(PrivateKey... keys) {
        return Stream.of(keys)
                .<PublicKey>map(PrivateKey::publicKey)
                .sorted(Comparator.comparing(key -> Bytes.of(key.encoded())))
                .toList();
    }

    public static Identity first(int threshold, PrivateKey... delegates) {
        return new Identity(
                Identity.VERSION,
                0,
                Optional.empty(),
                "example",
                "A repository to try with",
                "main",
                delegates(delegates),
                threshold,
                Optional.of(Bytes.sha256(RECOVERY.publicKey().encoded())),
                Bytes.fromHex("000102030405060708090a0b0c0d0e0f"));
    }

    public static Identity next(SignedIdentity parent, String name, int threshold, PrivateKey... delegates) {
        return new Identity(
                Identity.VERSION,
                parent.value().revision() + 1,
                Optional.of(parent.hash()),
                name,
                parent.value().description(),
                parent.value().defaultBranch(),
                delegates(delegates),
                threshold,
                parent.value().recovery(),
                Bytes.EMPTY);
    }

    public static SignedIdentity signed(Identity identity, PrivateKey... signers) {
        return SignedRecords.seal(List.of(signers), identity);
    }

    public static RepositoryId repository(SignedIdentity first) {
        return new RepositoryId(new Multihash(Multihash.SHA2_256, first.hash()));
    }

    /** A header whose body hash tells it from others. */
    public static Signed<RefsHeader> header(
            PrivateKey signer,
            SignedIdentity under,
            RepositoryId repository,
            long sequence,
            String tag,
            Bytes... resolves) {
        return SignedRecords.seal(
                signer,
                new RefsHeader(
                        repository,
                        sequence,
                        sequence == 1 ? Optional.empty() : Optional.of(hash("previous of " + tag + sequence)),
                        under.hash(),
                        NOON,
                        hash(tag + sequence),
                        List.of(resolves)));
    }

    public static Bytes hash(String text) {
        return Bytes.sha256(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    public static ObjectId object(String text) {
        return new ObjectId(Bytes.of(hash(text).toArray(), 0, ObjectId.BYTES));
    }

    public static PackId pack(String text) {
        return new PackId(hash(text));
    }
}
