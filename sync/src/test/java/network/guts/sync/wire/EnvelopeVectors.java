package network.guts.sync.wire;

import static network.guts.sync.Fixtures.ALICE;
import static network.guts.sync.Fixtures.BOB;
import static network.guts.sync.Fixtures.NOON;
import static network.guts.sync.Fixtures.hash;
import static network.guts.sync.wire.VectorGenerator.FIRST;
import static network.guts.sync.wire.VectorGenerator.HEADER;
import static network.guts.sync.wire.VectorGenerator.REPOSITORY;
import static network.guts.sync.wire.VectorGenerator.concat;
import static network.guts.sync.wire.VectorGenerator.envelopeCheck;
import static network.guts.sync.wire.VectorGenerator.field;
import static network.guts.sync.wire.VectorGenerator.hex;
import static network.guts.sync.wire.VectorGenerator.reasonOf;
import static network.guts.sync.wire.VectorGenerator.replaced;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.SignedEnvelope;
import network.guts.sync.model.Fresh;
import network.guts.sync.model.RepositoryAnnouncement;

/** Signed envelopes, good and forged. */
final class EnvelopeVectors {
    private static final byte[] PAYLOAD = RefsHeaderCodec.encode(HEADER);
    private static final byte[] TYPE = "/guts/refs/1".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] GOOD =
            SignedRecords.seal(ALICE, HEADER).envelope().encoded().toArray();
    private static final byte[] KEY = ALICE.publicKey().encoded();
    private static final byte[] SIGNATURE = Arrays.copyOfRange(GOOD, GOOD.length - 64, GOOD.length);

    /** A sound key, from libp2p's peer-ids specification, of a kind that may not sign here. */
    private static final byte[] SECP256K1 = Bytes.fromHex(
                    "08021221037777e994e452c21604f91de093ce415f5432f701dd8cd1a7a6fea0e630bfca99")
            .toArray();

    private EnvelopeVectors() {}

    private static void envelope(List<Vector> out, String name, String kind, byte[] bytes, boolean valid)
            throws MalformedException {
        if (valid) {
            envelopeCheck(kind).run(bytes);
            SignedEnvelope envelope = SignedEnvelope.parse(bytes);
            byte[] payload =
                    envelope.verify("guts-" + kind, ("/guts/" + kind + "/1").getBytes(StandardCharsets.US_ASCII));
            out.add(Vector.of(
                    "name", name,
                    "kind", kind,
                    "bytes", hex(bytes),
                    "hash", Bytes.sha256(payload).hex(),
                    "signer", envelope.key().peerId().toString()));
        } else {
            String reason = reasonOf(name, envelopeCheck(kind), bytes);
            out.add(Vector.of("name", name, "kind", kind, "bytes", hex(bytes), "reason", reason));
        }
    }

    /** An envelope field by field: fields 1, 2, 3 and 5. */
    private static byte[] rawEnvelope(byte[] key, String type, byte[] payload, byte[] signature) {
        return concat(
                field(1, key),
                field(2, type.getBytes(StandardCharsets.US_ASCII)),
                field(3, payload),
                field(5, signature));
    }

    static List<Vector> all() throws MalformedException {
        List<Vector> out = new ArrayList<>();
        good(out);
        forged(out);
        foreign(out);
        return out;
    }

    private static void good(List<Vector> out) throws MalformedException {
        Fresh fresh = new Fresh(REPOSITORY, 2, hash("header"), NOON);
        envelope(out, "header", "refs", GOOD, true);
        envelope(
                out,
                "header by another signer has the same hash",
                "refs",
                SignedRecords.seal(BOB, HEADER).envelope().encoded().toArray(),
                true);
        envelope(
                out,
                "fresh",
                "fresh",
                SignedRecords.seal(ALICE, fresh).envelope().encoded().toArray(),
                true);
        RepositoryAnnouncement announcement = new RepositoryAnnouncement(REPOSITORY, FIRST.hash(), "Läuft überall");
        envelope(
                out,
                "announcement",
                "repository",
                SignedRecords.seal(ALICE, announcement).envelope().encoded().toArray(),
                true);
        envelope(
                out,
                "identity",
                "identity",
                FIRST.envelopes().getFirst().encoded().toArray(),
                true);
        byte[] unknown = concat(PAYLOAD, field(15, new byte[] {1}));
        envelope(
                out,
                "payload with an unknown field",
                "refs",
                SignedEnvelope.seal(ALICE, "guts-refs", TYPE, unknown).encoded().toArray(),
                true);
    }

    private static void forged(List<Vector> out) throws MalformedException {
        envelope(
                out,
                "one bit of the signature",
                "refs",
                replaced(GOOD, GOOD.length - 40, GOOD[GOOD.length - 40] ^ 1),
                false);
        envelope(
                out,
                "one bit of the payload",
                "refs",
                rawEnvelope(
                        KEY,
                        "/guts/refs/1",
                        replaced(PAYLOAD, PAYLOAD.length - 1, PAYLOAD[PAYLOAD.length - 1] ^ 1),
                        SIGNATURE),
                false);
        envelope(
                out,
                "S plus the order of the group",
                "refs",
                rawEnvelope(KEY, "/guts/refs/1", PAYLOAD, withHighS(SIGNATURE)),
                false);
        byte[] identityPoint = new byte[32];
        identityPoint[0] = 1;
        byte[] smallOrder = concat(new byte[] {8, 1, 18, 32}, identityPoint);
        envelope(
                out,
                "small-order key, signature (identity, 0)",
                "refs",
                rawEnvelope(smallOrder, "/guts/refs/1", PAYLOAD, concat(identityPoint, new byte[32])),
                false);
        byte[] zeroPoint = concat(new byte[] {8, 1, 18, 32}, new byte[32]);
        envelope(
                out,
                "small-order key of order 4",
                "refs",
                rawEnvelope(zeroPoint, "/guts/refs/1", PAYLOAD, SIGNATURE),
                false);
        byte[] notCanonical = new byte[32];
        Arrays.fill(notCanonical, (byte) 0xff);
        envelope(
                out,
                "key that is no canonical point",
                "refs",
                rawEnvelope(concat(new byte[] {8, 1, 18, 32}, notCanonical), "/guts/refs/1", PAYLOAD, SIGNATURE),
                false);
    }

    /** What is signed well, but by another key, for another purpose, or not whole. */
    private static void foreign(List<Vector> out) throws MalformedException {
        envelope(
                out,
                "somebody else's key",
                "refs",
                rawEnvelope(BOB.publicKey().encoded(), "/guts/refs/1", PAYLOAD, SIGNATURE),
                false);
        envelope(
                out,
                "key of an unsupported type (secp256k1)",
                "refs",
                rawEnvelope(SECP256K1, "/guts/refs/1", PAYLOAD, SIGNATURE),
                false);
        envelope(
                out,
                "signed for another domain",
                "refs",
                SignedEnvelope.seal(ALICE, "guts-fresh", TYPE, PAYLOAD)
                        .encoded()
                        .toArray(),
                false);
        envelope(
                out,
                "another payload type",
                "refs",
                SignedEnvelope.seal(ALICE, "guts-refs", "/guts/fresh/1".getBytes(StandardCharsets.US_ASCII), PAYLOAD)
                        .encoded()
                        .toArray(),
                false);
        envelope(
                out,
                "type swapped behind the signature",
                "fresh",
                rawEnvelope(KEY, "/guts/fresh/1", PAYLOAD, SIGNATURE),
                false);
        envelope(
                out,
                "signature of 63 bytes",
                "refs",
                rawEnvelope(KEY, "/guts/refs/1", PAYLOAD, Arrays.copyOf(SIGNATURE, 63)),
                false);
        envelope(out, "no signature", "refs", rawEnvelope(KEY, "/guts/refs/1", PAYLOAD, new byte[0]), false);
        envelope(out, "cut off", "refs", Arrays.copyOf(GOOD, GOOD.length - 1), false);
        envelope(out, "nothing", "refs", new byte[0], false);
    }

    /** S + L has the same effect in the equation, and is forbidden: a signature has one form. */
    private static byte[] withHighS(byte[] signature) {
        byte[] order = Bytes.fromHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
                .toArray();
        byte[] high = signature.clone();
        int carry = 0;
        for (int i = 0; i < 32; i++) {
            int sum = (high[32 + i] & 0xff) + (order[i] & 0xff) + carry;
            high[32 + i] = (byte) sum;
            carry = sum >> 8;
        }
        return high;
    }
}
