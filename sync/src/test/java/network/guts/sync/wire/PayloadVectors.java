package network.guts.sync.wire;

import static network.guts.sync.Fixtures.ALICE;
import static network.guts.sync.Fixtures.BOB;
import static network.guts.sync.Fixtures.NOON;
import static network.guts.sync.Fixtures.delegates;
import static network.guts.sync.Fixtures.first;
import static network.guts.sync.Fixtures.hash;
import static network.guts.sync.Fixtures.object;
import static network.guts.sync.Fixtures.pack;
import static network.guts.sync.wire.VectorGenerator.FIRST;
import static network.guts.sync.wire.VectorGenerator.HEADER;
import static network.guts.sync.wire.VectorGenerator.REPOSITORY;
import static network.guts.sync.wire.VectorGenerator.concat;
import static network.guts.sync.wire.VectorGenerator.field;
import static network.guts.sync.wire.VectorGenerator.hex;
import static network.guts.sync.wire.VectorGenerator.payloadCheck;
import static network.guts.sync.wire.VectorGenerator.reasonOf;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerInfo;
import network.guts.core.PrivateKey;
import network.guts.core.PublicKey;
import network.guts.sync.model.Fresh;
import network.guts.sync.model.Identity;
import network.guts.sync.model.Ref;
import network.guts.sync.model.RefsBody;
import network.guts.sync.model.RepositoryAnnouncement;

/** Payloads of records and bodies of refs, good and malformed. */
final class PayloadVectors {
    private PayloadVectors() {}

    static void payload(List<Vector> out, String name, String kind, byte[] bytes, boolean valid)
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

    static List<Vector> all() throws MalformedException {
        List<Vector> out = new ArrayList<>();
        identities(out);
        headers(out);
        bodies(out);
        announcements(out);
        return out;
    }

    private static void identities(List<Vector> out) throws MalformedException {
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
    }

    private static void headers(List<Vector> out) throws MalformedException {
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
    }

    private static void announcements(List<Vector> out) throws MalformedException {
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
}
