package network.guts.sync.wire;

import static network.guts.sync.Fixtures.ALICE;
import static network.guts.sync.Fixtures.BOB;
import static network.guts.sync.Fixtures.CAROL;
import static network.guts.sync.Fixtures.NOON;
import static network.guts.sync.Fixtures.RECOVERY;
import static network.guts.sync.Fixtures.delegates;
import static network.guts.sync.Fixtures.first;
import static network.guts.sync.Fixtures.hash;
import static network.guts.sync.Fixtures.next;
import static network.guts.sync.Fixtures.object;
import static network.guts.sync.Fixtures.pack;
import static network.guts.sync.Fixtures.repository;
import static network.guts.sync.Fixtures.signed;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerInfo;
import network.guts.core.PrivateKey;
import network.guts.core.PublicKey;
import network.guts.core.SignedEnvelope;
import network.guts.core.Varint;
import network.guts.sync.Fixtures;
import network.guts.sync.core.IdentityRules;
import network.guts.sync.model.Fresh;
import network.guts.sync.model.Identity;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.PackDescriptor;
import network.guts.sync.model.Ref;
import network.guts.sync.model.RefsBody;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.RepositoryAnnouncement;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.SignedIdentity;
import network.guts.sync.model.Topics;

/** Makes the test vectors, the same ones in every run. Which are valid is said here; the reasons are the parser's. */
final class VectorGenerator {
    private static final SignedIdentity FIRST = signed(first(2, ALICE, BOB), ALICE, BOB);
    private static final RepositoryId REPOSITORY = repository(FIRST);
    private static final RefsHeader HEADER = new RefsHeader(
            REPOSITORY, 2, Optional.of(hash("one")), FIRST.hash(), NOON, hash("body"), List.of(hash("a"), hash("b")));

    private VectorGenerator() {}

    /** Something that throws if its input is bad. */
    @FunctionalInterface
    interface Check {
        void run(byte[] bytes) throws MalformedException;
    }

    /** A sound key, from libp2p's peer-ids specification, of a kind that may not sign here. */
    private static final byte[] SECP256K1 = Bytes.fromHex(
                    "08021221037777e994e452c21604f91de093ce415f5432f701dd8cd1a7a6fea0e630bfca99")
            .toArray();

    static Map<String, List<Vector>> all() throws MalformedException {
        Map<String, List<Vector>> files = new LinkedHashMap<>();
        files.put("varints.json", varints());
        files.put("repository-ids.json", repositoryIds());
        files.put("envelopes.json", envelopes());
        files.put("identities.json", identities());
        files.put("payloads.json", payloads());
        files.put("descriptors.json", descriptors());
        files.put("message-ids.json", messageIds());
        return files;
    }

    static Check payloadCheck(String kind) {
        return switch (kind) {
            case "identity" -> IdentityCodec::decode;
            case "refs" -> RefsHeaderCodec::decode;
            case "body" -> RefsBodyCodec::decode;
            case "fresh" -> FreshCodec::decode;
            case "repository" -> RepositoryAnnouncementCodec::decode;
            case "descriptor" -> PackDescriptorCodec::decode;
            default -> throw new IllegalArgumentException(kind);
        };
    }

    static Check envelopeCheck(String kind) {
        return bytes -> {
            SignedEnvelope envelope = SignedEnvelope.parse(bytes);
            switch (kind) {
                case "identity" -> SignedRecords.openIdentity(List.of(envelope));
                case "refs" -> SignedRecords.openHeader(envelope);
                case "fresh" -> SignedRecords.openFresh(envelope);
                case "repository" -> SignedRecords.openAnnouncement(envelope);
                default -> throw new IllegalArgumentException(kind);
            }
        };
    }

    private static String reasonOf(String name, Check check, byte[] bytes) {
        try {
            check.run(bytes);
        } catch (MalformedException e) {
            return String.valueOf(e.getMessage());
        }
        throw new AssertionError("should be invalid: " + name);
    }

    private static String hex(byte[] bytes) {
        return Bytes.of(bytes).hex();
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    private static byte[] replaced(byte[] bytes, int at, int value) {
        byte[] copy = bytes.clone();
        copy[at] = (byte) value;
        return copy;
    }

    private static List<Vector> varints() {
        List<Vector> out = new ArrayList<>();
        for (long value : new long[] {0, 1, 127, 128, 255, 300, 16383, 16384, 1L << 32, Long.MAX_VALUE}) {
            out.add(Vector.of(
                    "name", "value " + value, "bytes", hex(Varint.encode(value)), "value", Long.toString(value)));
        }
        for (String bad : List.of("", "80", "8000", "ff00", "ffffffffffffffffff01", "80808080808080808001")) {
            byte[] bytes = Bytes.fromHex(bad).toArray();
            String reason = reasonOf(bad, in -> Varint.read(ByteBuffer.wrap(in)), bytes);
            out.add(Vector.of("name", "bytes '" + bad + "'", "bytes", bad, "reason", reason));
        }
        return out;
    }

    private static List<Vector> repositoryIds() {
        List<Vector> out = new ArrayList<>();
        RepositoryId empty = RepositoryId.ofPayload(new byte[0]);
        for (RepositoryId id : List.of(REPOSITORY, empty)) {
            out.add(Vector.of(
                    "name", "a repository",
                    "text", id.toString(),
                    "hash", id.hash().toString(),
                    "topic", Topics.of(id)));
        }
        String good = REPOSITORY.toString();
        Map<String, String> bad = new LinkedHashMap<>();
        bad.put("nothing", "");
        bad.put("upper case", good.toUpperCase(Locale.ROOT));
        bad.put("cut off", good.substring(0, good.length() - 1));
        bad.put("one character more", good + "a");
        bad.put("last bits not zero", good.substring(0, good.length() - 1) + "b");
        bad.put("a character that base32 does not have", good.replaceFirst("e", "1"));
        bad.put("of another codec (dag-pb)", "bafybeihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku");
        bad.put("of version 0", "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG");
        bad.put("a URL of the web", "https://example.com");
        bad.forEach((name, text) -> out.add(Vector.of(
                "name",
                name,
                "text",
                text,
                "reason",
                reasonOf(
                        name,
                        in -> RepositoryId.parse(new String(in, StandardCharsets.UTF_8)),
                        text.getBytes(StandardCharsets.UTF_8)))));
        return out;
    }

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

    private static byte[] field(int number, byte[] value) {
        return concat(new byte[] {(byte) (number << 3 | 2)}, Varint.encode(value.length), value);
    }

    private static List<Vector> envelopes() throws MalformedException {
        List<Vector> out = new ArrayList<>();
        byte[] payload = RefsHeaderCodec.encode(HEADER);
        byte[] header = SignedRecords.seal(ALICE, HEADER).envelope().encoded().toArray();
        byte[] type = "/guts/refs/1".getBytes(StandardCharsets.US_ASCII);
        Fresh fresh = new Fresh(REPOSITORY, 2, hash("header"), NOON);
        envelope(out, "header", "refs", header, true);
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
        byte[] unknown = concat(payload, field(15, new byte[] {1}));
        envelope(
                out,
                "payload with an unknown field",
                "refs",
                SignedEnvelope.seal(ALICE, "guts-refs", type, unknown).encoded().toArray(),
                true);

        byte[] key = ALICE.publicKey().encoded();
        byte[] signature = Arrays.copyOfRange(header, header.length - 64, header.length);
        envelope(
                out,
                "one bit of the signature",
                "refs",
                replaced(header, header.length - 40, header[header.length - 40] ^ 1),
                false);
        envelope(
                out,
                "one bit of the payload",
                "refs",
                rawEnvelope(
                        key,
                        "/guts/refs/1",
                        replaced(payload, payload.length - 1, payload[payload.length - 1] ^ 1),
                        signature),
                false);
        envelope(
                out,
                "S plus the order of the group",
                "refs",
                rawEnvelope(key, "/guts/refs/1", payload, withHighS(signature)),
                false);
        byte[] identityPoint = new byte[32];
        identityPoint[0] = 1;
        byte[] smallOrder = concat(new byte[] {8, 1, 18, 32}, identityPoint);
        envelope(
                out,
                "small-order key, signature (identity, 0)",
                "refs",
                rawEnvelope(smallOrder, "/guts/refs/1", payload, concat(identityPoint, new byte[32])),
                false);
        byte[] zeroPoint = concat(new byte[] {8, 1, 18, 32}, new byte[32]);
        envelope(
                out,
                "small-order key of order 4",
                "refs",
                rawEnvelope(zeroPoint, "/guts/refs/1", payload, signature),
                false);
        byte[] notCanonical = new byte[32];
        Arrays.fill(notCanonical, (byte) 0xff);
        envelope(
                out,
                "key that is no canonical point",
                "refs",
                rawEnvelope(concat(new byte[] {8, 1, 18, 32}, notCanonical), "/guts/refs/1", payload, signature),
                false);
        envelope(
                out,
                "somebody else's key",
                "refs",
                rawEnvelope(BOB.publicKey().encoded(), "/guts/refs/1", payload, signature),
                false);
        envelope(
                out,
                "key of an unsupported type (secp256k1)",
                "refs",
                rawEnvelope(SECP256K1, "/guts/refs/1", payload, signature),
                false);
        envelope(
                out,
                "signed for another domain",
                "refs",
                SignedEnvelope.seal(ALICE, "guts-fresh", type, payload)
                        .encoded()
                        .toArray(),
                false);
        envelope(
                out,
                "another payload type",
                "refs",
                SignedEnvelope.seal(ALICE, "guts-refs", "/guts/fresh/1".getBytes(StandardCharsets.US_ASCII), payload)
                        .encoded()
                        .toArray(),
                false);
        envelope(
                out,
                "type swapped behind the signature",
                "fresh",
                rawEnvelope(key, "/guts/fresh/1", payload, signature),
                false);
        envelope(
                out,
                "signature of 63 bytes",
                "refs",
                rawEnvelope(key, "/guts/refs/1", payload, Arrays.copyOf(signature, 63)),
                false);
        envelope(out, "no signature", "refs", rawEnvelope(key, "/guts/refs/1", payload, new byte[0]), false);
        envelope(out, "cut off", "refs", Arrays.copyOf(header, header.length - 1), false);
        envelope(out, "nothing", "refs", new byte[0], false);
        return out;
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

    private static byte[] joined(SignedIdentity identity) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (SignedEnvelope envelope : identity.envelopes()) {
            Varint.write(out, envelope.encoded().size());
            out.writeBytes(envelope.encoded().toArray());
        }
        return out.toByteArray();
    }

    private static void identity(
            List<Vector> out, String name, Optional<SignedIdentity> parent, SignedIdentity one, boolean valid) {
        Optional<String> fault = parent.map(before -> IdentityRules.faultOfSuccessor(before, one))
                .orElseGet(() -> IdentityRules.faultOfFirst(REPOSITORY, one));
        if (fault.isEmpty() != valid) {
            throw new AssertionError(name + ": " + fault);
        }
        List<String> fields = new ArrayList<>(List.of(
                "name", name,
                "repository", REPOSITORY.toString(),
                "parent", parent.map(before -> hex(joined(before))).orElse(""),
                "envelopes", hex(joined(one)),
                "hash", one.hash().hex(),
                "recovered",
                        parent.map(before -> IdentityRules.isRecovered(before, one))
                                .orElse(false)
                                .toString()));
        fault.ifPresent(reason -> fields.addAll(List.of("reason", reason)));
        out.add(Vector.of(fields.toArray(String[]::new)));
    }

    private static List<Vector> identities() {
        List<Vector> out = new ArrayList<>();
        Optional<SignedIdentity> none = Optional.empty();
        Optional<SignedIdentity> parent = Optional.of(FIRST);
        identity(out, "revision 0, all signed", none, FIRST, true);
        identity(out, "revision 0, one delegate missing", none, signed(FIRST.value(), ALICE), false);
        identity(out, "revision 0 of another repository", none, signed(first(1, ALICE), ALICE), false);
        Identity three = next(FIRST, "three", 2, ALICE, BOB, CAROL);
        identity(out, "adds a delegate who signed", parent, signed(three, ALICE, BOB, CAROL), true);
        identity(out, "adds a delegate who did not sign", parent, signed(three, ALICE, BOB), false);
        identity(out, "too few of the old delegates", parent, signed(three, ALICE, CAROL), false);
        identity(out, "removes a delegate", parent, signed(next(FIRST, "two", 1, ALICE), ALICE, BOB), true);
        identity(
                out,
                "too few of its own delegates",
                parent,
                signed(next(FIRST, "own", 2, ALICE, CAROL), BOB, CAROL, ALICE),
                true);
        SignedIdentity single = signed(next(FIRST, "two", 1, ALICE), ALICE, BOB);
        identity(
                out,
                "threshold over those who signed",
                Optional.of(single),
                signed(next(single, "wide", 2, ALICE, BOB), ALICE),
                false);
        SignedIdentity wide = signed(next(FIRST, "wide", 2, ALICE, BOB, CAROL), ALICE, BOB, CAROL);
        identity(
                out,
                "own threshold not reached",
                Optional.of(wide),
                signed(next(wide, "all three", 3, ALICE, BOB, CAROL), ALICE, BOB),
                false);
        identity(
                out,
                "signed by the recovery key as well",
                parent,
                signed(next(FIRST, "saved", 1, ALICE), ALICE, BOB, RECOVERY),
                true);
        identity(
                out,
                "signed by the recovery key alone",
                parent,
                signed(next(FIRST, "stolen", 1, CAROL), RECOVERY, CAROL),
                false);
        identity(out, "names another parent", parent, signed(next(wide, "lost", 1, ALICE), ALICE, BOB), false);
        return out;
    }

    private static void payload(List<Vector> out, String name, String kind, byte[] bytes, boolean valid)
            throws MalformedException {
        if (valid) {
            payloadCheck(kind).run(bytes);
            out.add(Vector.of(
                    "name",
                    name,
                    "kind",
                    kind,
                    "bytes",
                    hex(bytes),
                    "hash",
                    Bytes.sha256(bytes).hex()));
        } else {
            String reason = reasonOf(name, payloadCheck(kind), bytes);
            out.add(Vector.of("name", name, "kind", kind, "bytes", hex(bytes), "reason", reason));
        }
    }

    private static Identity with(int threshold, String name, String branch, PrivateKey... keys) {
        Identity base = first(1, ALICE);
        List<PublicKey> delegates =
                Arrays.stream(keys).<PublicKey>map(PrivateKey::publicKey).toList();
        return new Identity(
                1,
                0,
                Optional.empty(),
                name,
                base.description(),
                branch,
                delegates,
                threshold,
                base.recovery(),
                base.nonce());
    }

    private static List<Vector> payloads() throws MalformedException {
        List<Vector> out = new ArrayList<>();
        byte[] identity = IdentityCodec.encode(first(1, ALICE));
        payload(out, "identity", "identity", identity, true);
        payload(out, "identity with an unknown field", "identity", concat(identity, field(15, new byte[3])), true);
        payload(out, "version 2", "identity", concat(identity, new byte[] {8, 2}), false);
        payload(
                out,
                "object format sha256",
                "identity",
                concat(identity, field(7, "sha256".getBytes(StandardCharsets.US_ASCII))),
                false);
        payload(out, "threshold 0", "identity", IdentityCodec.encode(with(0, "n", "main", ALICE)), false);
        payload(out, "threshold 2 of 1", "identity", IdentityCodec.encode(with(2, "n", "main", ALICE)), false);
        payload(out, "no delegate", "identity", IdentityCodec.encode(with(1, "n", "main")), false);
        payload(out, "delegate twice", "identity", IdentityCodec.encode(with(1, "n", "main", ALICE, ALICE)), false);
        List<PublicKey> sorted = delegates(ALICE, BOB);
        boolean aliceFirst = sorted.getFirst().equals(ALICE.publicKey());
        payload(
                out,
                "delegates not sorted",
                "identity",
                IdentityCodec.encode(aliceFirst ? with(1, "n", "main", BOB, ALICE) : with(1, "n", "main", ALICE, BOB)),
                false);
        payload(
                out,
                "name with an escape character",
                "identity",
                IdentityCodec.encode(with(1, "a\u001b[2J", "main", ALICE)),
                false);
        payload(
                out,
                "name of 129 bytes",
                "identity",
                IdentityCodec.encode(with(1, "n".repeat(129), "main", ALICE)),
                false);
        payload(
                out,
                "default branch with two dots",
                "identity",
                IdentityCodec.encode(with(1, "n", "a..b", ALICE)),
                false);
        payload(out, "revision 0 with a previous one", "identity", concat(identity, field(3, new byte[32])), false);
        payload(out, "nonce of 15 bytes", "identity", concat(identity, field(11, new byte[15])), false);
        payload(out, "revision 1 without a previous one", "identity", concat(identity, new byte[] {16, 1}), false);
        payload(out, "recovery of 20 bytes", "identity", concat(identity, field(10, new byte[20])), false);
        payload(
                out,
                "name that is no UTF-8",
                "identity",
                concat(identity, field(4, new byte[] {(byte) 0xc3, 0x28})),
                false);
        payload(out, "over 16 KiB", "identity", concat(identity, field(15, new byte[16384])), false);

        byte[] header = RefsHeaderCodec.encode(HEADER);
        payload(out, "header", "refs", header, true);
        payload(out, "sequence 0", "refs", concat(header, new byte[] {16, 0}), false);
        payload(out, "sequence 1 with a previous one", "refs", concat(header, new byte[] {16, 1}), false);
        payload(
                out,
                "sequence over 63 bits",
                "refs",
                concat(header, Bytes.fromHex("1080808080808080808001").toArray()),
                false);
        payload(out, "repository as a bare digest", "refs", concat(header, field(1, new byte[32])), false);
        payload(out, "body hash of 31 bytes", "refs", concat(header, field(6, new byte[31])), false);
        payload(out, "no identity", "refs", concat(header, field(4, new byte[0])), false);
        payload(
                out,
                "time before 1970",
                "refs",
                concat(header, Bytes.fromHex("28ffffffffffffffffff01").toArray()),
                false);
        payload(out, "17 resolved headers", "refs", manyResolves(15), false);
        payload(out, "16 resolved headers", "refs", manyResolves(14), true);
        payload(out, "over 1 KiB", "refs", concat(header, field(15, new byte[1000])), false);
        bodies(out);
        byte[] fresh = FreshCodec.encode(new Fresh(REPOSITORY, 7, hash("header"), NOON));
        payload(out, "fresh", "fresh", fresh, true);
        payload(out, "fresh without a header", "fresh", concat(fresh, field(3, new byte[0])), false);
        byte[] announcement =
                RepositoryAnnouncementCodec.encode(new RepositoryAnnouncement(REPOSITORY, FIRST.hash(), "a summary"));
        payload(out, "announcement", "repository", announcement, true);
        payload(
                out,
                "summary of two lines",
                "repository",
                concat(announcement, field(3, "a\nb".getBytes(StandardCharsets.US_ASCII))),
                false);
        return out;
    }

    private static byte[] manyResolves(int more) {
        byte[] header = RefsHeaderCodec.encode(HEADER);
        for (int i = 0; i < more; i++) {
            header = concat(header, field(7, hash("resolved " + i).toArray()));
        }
        return header;
    }

    private static byte[] body(String... names) {
        List<Ref> refs =
                Arrays.stream(names).map(name -> new Ref(name, object(name))).toList();
        return RefsBodyCodec.encode(new RefsBody(refs, List.of(pack("p")), List.of(), List.of()));
    }

    private static void bodies(List<Vector> out) throws MalformedException {
        payload(out, "empty repository", "body", new byte[0], true);
        PeerInfo seed = new PeerInfo(BOB.peerId(), List.of(Multiaddr.parse("/ip4/192.0.2.1/tcp/9000")));
        RefsBody full = new RefsBody(
                List.of(
                        new Ref("refs/heads/main", object("m")),
                        new Ref("refs/heads/ä/b", object("x")),
                        new Ref("refs/tags/v1", object("t"))),
                List.of(pack("one"), pack("two")),
                List.of(pack("gone")),
                List.of(seed));
        byte[] bytes = RefsBodyCodec.encode(full);
        payload(out, "body", "body", bytes, true);
        payload(out, "refs/notes", "body", body("refs/heads/main", "refs/notes/commits"), true);
        payload(out, "neighbours of a folder", "body", body("refs/heads/a-b", "refs/heads/a/b", "refs/heads/a0"), true);
        payload(out, "folder conflict", "body", body("refs/heads/a", "refs/heads/a-b", "refs/heads/a/b"), false);
        payload(out, "not sorted", "body", body("refs/heads/b", "refs/heads/a"), false);
        payload(out, "twice", "body", body("refs/heads/a", "refs/heads/a"), false);
        for (String name : List.of(
                "HEAD",
                "refs/heads/",
                "refs/remotes/origin/main",
                "refs/heads/a..b",
                "refs/heads/a.lock",
                "refs/heads/.a",
                "refs/heads/a.",
                "refs/heads/a b",
                "refs/heads/a~1",
                "refs/heads/a^",
                "refs/heads/a:b",
                "refs/heads/a?",
                "refs/heads/a*",
                "refs/heads/[a",
                "refs/heads/a@{b",
                "refs/heads//a",
                "refs/heads/a/",
                "refs/heads/a.lock/b",
                "refs/heads/a\u007f",
                "refs/heads/a\\b",
                "refs/heads/" + "n".repeat(245))) {
            payload(out, "name '" + name.replaceAll("[\\p{Cntrl}\\\\]", "(special)") + "'", "body", body(name), false);
        }
        payload(out, "name of 255 bytes", "body", body("refs/heads/" + "n".repeat(244)), true);
        payload(
                out,
                "refs without a pack",
                "body",
                RefsBodyCodec.encode(new RefsBody(full.refs(), List.of(), List.of(), List.of())),
                false);
        payload(
                out,
                "pack listed twice",
                "body",
                concat(bytes, field(2, pack("one").hash().toArray())),
                false);
        payload(
                out,
                "pack listed and withdrawn",
                "body",
                concat(bytes, field(3, pack("one").hash().toArray())),
                false);
        payload(out, "pack id of 20 bytes", "body", concat(bytes, field(2, new byte[20])), false);
        byte[] many = new byte[0];
        for (int i = 0; i < 65; i++) {
            many = concat(many, field(2, pack("pack " + i).hash().toArray()));
        }
        payload(out, "65 packs", "body", many, false);
    }

    private static List<Vector> descriptors() throws MalformedException {
        List<Vector> out = new ArrayList<>();
        PackDescriptor small = new PackDescriptor(
                1000,
                3,
                PackDescriptor.CHUNK_SIZE,
                List.of(new PackDescriptor.Chunk(hash("c"), 12)),
                sortedObjects("a", "b"),
                List.of());
        PackDescriptor large = new PackDescriptor(
                (2L << 20) + 500,
                4,
                PackDescriptor.CHUNK_SIZE,
                List.of(
                        new PackDescriptor.Chunk(hash("0"), 12),
                        new PackDescriptor.Chunk(hash("1"), PackDescriptor.NO_ENTRY),
                        new PackDescriptor.Chunk(hash("2"), 0)),
                List.of(),
                List.of(pack("in 1"), pack("in 0")));
        byte[] good = PackDescriptorCodec.encode(small);
        payload(out, "thin pack", "descriptor", good, true);
        payload(out, "three chunks, consolidated", "descriptor", PackDescriptorCodec.encode(large), true);
        PackDescriptor empty = new PackDescriptor(
                32,
                0,
                PackDescriptor.CHUNK_SIZE,
                List.of(new PackDescriptor.Chunk(hash("e"), -1)),
                List.of(),
                List.of());
        payload(out, "pack without objects", "descriptor", PackDescriptorCodec.encode(empty), true);
        payload(out, "unknown field", "descriptor", concat(good, field(15, new byte[1])), false);
        payload(
                out,
                "size twice",
                "descriptor",
                concat(good, Bytes.fromHex("08e807").toArray()),
                false);
        payload(
                out,
                "varint that is not minimal",
                "descriptor",
                concat(Bytes.fromHex("08e88700").toArray(), Arrays.copyOfRange(good, 3, good.length)),
                false);
        payload(
                out,
                "fields out of order",
                "descriptor",
                concat(Arrays.copyOfRange(good, 3, good.length), Arrays.copyOf(good, 3)),
                false);
        byte[] chunk = concat(field(1, hash("e").toArray()), new byte[] {16, 0});
        payload(
                out,
                "default written out",
                "descriptor",
                concat(Bytes.fromHex("082018808040").toArray(), field(4, chunk)),
                false);
        payload(
                out,
                "chunk missing",
                "descriptor",
                PackDescriptorCodec.encode(new PackDescriptor(
                        large.size(), 4, large.chunkSize(), large.chunks().subList(0, 2), List.of(), List.of())),
                false);
        payload(
                out,
                "chunk too many",
                "descriptor",
                PackDescriptorCodec.encode(new PackDescriptor(
                        1000, 4, large.chunkSize(), large.chunks().subList(0, 2), List.of(), List.of())),
                false);
        payload(
                out,
                "another chunk size",
                "descriptor",
                PackDescriptorCodec.encode(new PackDescriptor(1000, 3, 1 << 19, small.chunks(), List.of(), List.of())),
                false);
        payload(out, "first entry behind the last chunk's end", "descriptor", chunked(large, 2, 500), false);
        payload(out, "first entry in the trailer", "descriptor", chunked(large, 2, 481), false);
        payload(out, "first entry over the chunk size", "descriptor", chunked(large, 1, 1 << 20), false);
        payload(out, "first entry of the pack not behind its header", "descriptor", chunked(large, 0, 13), false);
        payload(
                out,
                "more objects than fit",
                "descriptor",
                PackDescriptorCodec.encode(
                        new PackDescriptor(1000, 108, small.chunkSize(), small.chunks(), List.of(), List.of())),
                false);
        payload(
                out,
                "more entries than objects",
                "descriptor",
                PackDescriptorCodec.encode(
                        new PackDescriptor(large.size(), 1, large.chunkSize(), large.chunks(), List.of(), List.of())),
                false);
        payload(
                out,
                "bases not sorted",
                "descriptor",
                PackDescriptorCodec.encode(new PackDescriptor(
                        1000,
                        3,
                        small.chunkSize(),
                        small.chunks(),
                        sortedObjects("a", "b").reversed(),
                        List.of())),
                false);
        payload(
                out,
                "base twice",
                "descriptor",
                PackDescriptorCodec.encode(new PackDescriptor(
                        1000, 3, small.chunkSize(), small.chunks(), List.of(object("a"), object("a")), List.of())),
                false);
        payload(
                out,
                "input twice",
                "descriptor",
                PackDescriptorCodec.encode(new PackDescriptor(
                        1000, 3, small.chunkSize(), small.chunks(), List.of(), List.of(pack("a"), pack("a")))),
                false);
        payload(out, "nothing", "descriptor", new byte[0], false);
        return out;
    }

    private static byte[] chunked(PackDescriptor pack, int index, int firstEntry) {
        List<PackDescriptor.Chunk> chunks = new ArrayList<>(pack.chunks());
        chunks.set(index, new PackDescriptor.Chunk(chunks.get(index).sha256(), firstEntry));
        return PackDescriptorCodec.encode(
                new PackDescriptor(pack.size(), pack.objects(), pack.chunkSize(), chunks, pack.bases(), pack.inputs()));
    }

    private static List<ObjectId> sortedObjects(String... names) {
        return Arrays.stream(names).map(Fixtures::object).sorted().toList();
    }

    private static List<Vector> messageIds() {
        List<Vector> out = new ArrayList<>();
        for (String topic : List.of(Topics.of(REPOSITORY), Topics.REPOSITORIES, "t".repeat(200))) {
            for (byte[] data : List.of(
                    new byte[0],
                    SignedRecords.seal(ALICE, HEADER).envelope().encoded().toArray())) {
                byte[] name = topic.getBytes(StandardCharsets.UTF_8);
                byte[] id = Bytes.sha256(concat(Varint.encode(name.length), name, data))
                        .toArray();
                out.add(Vector.of("name", data.length + " bytes", "topic", topic, "data", hex(data), "id", hex(id)));
            }
        }
        return out;
    }
}
