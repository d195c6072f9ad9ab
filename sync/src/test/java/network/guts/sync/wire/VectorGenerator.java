package network.guts.sync.wire;

import static network.guts.sync.Fixtures.ALICE;
import static network.guts.sync.Fixtures.BOB;
import static network.guts.sync.Fixtures.CAROL;
import static network.guts.sync.Fixtures.NOON;
import static network.guts.sync.Fixtures.RECOVERY;
import static network.guts.sync.Fixtures.first;
import static network.guts.sync.Fixtures.hash;
import static network.guts.sync.Fixtures.next;
import static network.guts.sync.Fixtures.repository;
import static network.guts.sync.Fixtures.signed;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.SignedEnvelope;
import network.guts.core.Varint;
import network.guts.sync.core.IdentityRules;
import network.guts.sync.model.Identity;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.SignedIdentity;
import network.guts.sync.model.Topics;

/** Makes the test vectors, the same ones in every run. Which are valid is said here; the reasons are the parser's. */
final class VectorGenerator {
    static final SignedIdentity FIRST = signed(first(2, ALICE, BOB), ALICE, BOB);
    static final RepositoryId REPOSITORY = repository(FIRST);
    static final RefsHeader HEADER = new RefsHeader(
            REPOSITORY, 2, Optional.of(hash("one")), FIRST.hash(), NOON, hash("body"), List.of(hash("a"), hash("b")));

    private VectorGenerator() {}

    /** Something that throws if its input is bad. */
    @FunctionalInterface
    interface Check {
        void run(byte[] bytes) throws MalformedException;
    }

    static Map<String, List<Vector>> all() throws MalformedException {
        Map<String, List<Vector>> files = new LinkedHashMap<>();
        files.put("varints.json", varints());
        files.put("repository-ids.json", repositoryIds());
        files.put("envelopes.json", EnvelopeVectors.all());
        files.put("identities.json", identities());
        files.put("payloads.json", PayloadVectors.all());
        files.put("descriptors.json", DescriptorVectors.all());
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

    static String reasonOf(String name, Check check, byte[] bytes) {
        try {
            check.run(bytes);
        } catch (MalformedException e) {
            return String.valueOf(e.getMessage());
        }
        throw new AssertionError("should be invalid: " + name);
    }

    static String hex(byte[] bytes) {
        return Bytes.of(bytes).hex();
    }

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    static byte[] replaced(byte[] bytes, int at, int value) {
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

    static byte[] field(int number, byte[] value) {
        return concat(new byte[] {(byte) (number << 3 | 2)}, Varint.encode(value.length), value);
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
