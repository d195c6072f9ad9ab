package network.guts.sync.wire;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.PrivateKey;
import network.guts.core.PublicKey;
import network.guts.core.SignedEnvelope;
import network.guts.sync.model.Fresh;
import network.guts.sync.model.Identity;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.RepositoryAnnouncement;
import network.guts.sync.model.Signed;
import network.guts.sync.model.SignedIdentity;
import network.guts.sync.model.ViaAsk;

/**
 * Signed records in libp2p's envelopes: domain {@code guts-<kind>}, payload type {@code /guts/<kind>/1}. What is opened
 * here has a signature that holds and a payload that is well-formed; whether the signer may say so is decided in
 * {@code core}.
 */
public final class SignedRecords {
    /** The kinds of records that are signed. */
    private enum Kind {
        IDENTITY,
        REFS,
        FRESH,
        REPOSITORY,
        VIA;

        private String text() {
            return switch (this) {
                case IDENTITY -> "identity";
                case REFS -> "refs";
                case FRESH -> "fresh";
                case REPOSITORY -> "repository";
                case VIA -> "via";
            };
        }

        private String domain() {
            return "guts-" + text();
        }

        private byte[] type() {
            return ("/guts/" + text() + "/1").getBytes(StandardCharsets.US_ASCII);
        }
    }

    /** What travels on a repository's topic. */
    public sealed interface TopicRecord {
        /** A delegate's refs moved. */
        record Header(Signed<RefsHeader> header) implements TopicRecord {}

        /** A delegate's refs are still what they were. */
        record StillFresh(Signed<Fresh> fresh) implements TopicRecord {}
    }

    @FunctionalInterface
    private interface Decoder<T> {
        T decode(byte[] payload) throws MalformedException;
    }

    private SignedRecords() {}

    /**
     * @throws MalformedException if the signature does not hold, or it is no header
     */
    public static Signed<RefsHeader> openHeader(SignedEnvelope envelope) throws MalformedException {
        return open(envelope, Kind.REFS, RefsHeaderCodec::decode);
    }

    /**
     * @throws MalformedException if the signature does not hold, or it is no word of freshness
     */
    public static Signed<Fresh> openFresh(SignedEnvelope envelope) throws MalformedException {
        return open(envelope, Kind.FRESH, FreshCodec::decode);
    }

    /**
     * @throws MalformedException if the signature does not hold, or it is no announcement
     */
    public static Signed<RepositoryAnnouncement> openAnnouncement(SignedEnvelope envelope) throws MalformedException {
        return open(envelope, Kind.REPOSITORY, RepositoryAnnouncementCodec::decode);
    }

    /**
     * @throws MalformedException if the signature does not hold, or nothing is asked
     */
    public static Signed<ViaAsk> openViaAsk(SignedEnvelope envelope) throws MalformedException {
        return open(envelope, Kind.VIA, ViaCodec::decodeAsk);
    }

    /**
     * A message of a repository's topic.
     *
     * @throws MalformedException if it is neither a header nor a word of freshness whose signature holds
     */
    public static TopicRecord openTopicRecord(byte[] message) throws MalformedException {
        SignedEnvelope envelope = SignedEnvelope.parse(message);
        try {
            return new TopicRecord.Header(openHeader(envelope));
        } catch (MalformedException noHeader) {
            try {
                return new TopicRecord.StillFresh(openFresh(envelope));
            } catch (MalformedException noFresh) {
                throw new MalformedException("no header (" + noHeader.getMessage() + "), and no word of freshness ("
                        + noFresh.getMessage() + ")");
            }
        }
    }

    /**
     * An identity with all its envelopes. Every signature must hold; a signer who is there twice counts once.
     *
     * @throws MalformedException if there is no envelope, there are too many, one does not hold, or they are not all
     *     round one payload
     */
    public static SignedIdentity openIdentity(List<SignedEnvelope> envelopes) throws MalformedException {
        if (envelopes.isEmpty() || envelopes.size() > SignedIdentity.MAX_SIGNATURES) {
            throw new MalformedException("an identity with " + envelopes.size() + " signatures");
        }
        List<Signed<Identity>> signatures = new ArrayList<>();
        Set<PublicKey> signers = new LinkedHashSet<>();
        for (SignedEnvelope envelope : envelopes) {
            Signed<Identity> signature = open(envelope, Kind.IDENTITY, IdentityCodec::decode);
            if (!signatures.isEmpty() && !signatures.getFirst().hash().equals(signature.hash())) {
                throw new MalformedException("envelopes of one identity with different payloads");
            }
            if (signers.add(signature.signer())) {
                signatures.add(signature);
            }
        }
        byte[] payload = envelopes.getFirst().verify(Kind.IDENTITY.domain(), Kind.IDENTITY.type());
        return new SignedIdentity(
                signatures.getFirst().value(),
                Bytes.of(payload),
                signatures.getFirst().hash(),
                signatures);
    }

    /** Signs a header. */
    public static Signed<RefsHeader> seal(PrivateKey key, RefsHeader header) {
        return seal(key, Kind.REFS, header, RefsHeaderCodec.encode(header));
    }

    /** Signs a word of freshness. */
    public static Signed<Fresh> seal(PrivateKey key, Fresh fresh) {
        return seal(key, Kind.FRESH, fresh, FreshCodec.encode(fresh));
    }

    /** Signs an announcement. */
    public static Signed<RepositoryAnnouncement> seal(PrivateKey key, RepositoryAnnouncement announcement) {
        return seal(key, Kind.REPOSITORY, announcement, RepositoryAnnouncementCodec.encode(announcement));
    }

    /** Signs what a seeder is asked. */
    public static Signed<ViaAsk> seal(PrivateKey key, ViaAsk ask) {
        return seal(key, Kind.VIA, ask, ViaCodec.encode(ask));
    }

    /** Signs a new identity with every one of {@code keys}, at least one. */
    public static SignedIdentity seal(List<PrivateKey> keys, Identity identity) {
        byte[] payload = IdentityCodec.encode(identity);
        List<Signed<Identity>> signatures = keys.stream()
                .map(key -> seal(key, Kind.IDENTITY, identity, payload))
                .toList();
        return new SignedIdentity(identity, Bytes.of(payload), Bytes.sha256(payload), signatures);
    }

    /** Adds a signature to an identity that others have signed; the payload is what they signed, byte for byte. */
    public static SignedIdentity cosign(PrivateKey key, SignedIdentity identity) {
        Signed<Identity> own =
                seal(key, Kind.IDENTITY, identity.value(), identity.payload().toArray());
        return identity.merged(new SignedIdentity(identity.value(), identity.payload(), identity.hash(), List.of(own)));
    }

    private static <T> Signed<T> open(SignedEnvelope envelope, Kind kind, Decoder<T> decoder)
            throws MalformedException {
        if (!(envelope.key() instanceof PublicKey.Ed25519Key)) {
            throw new MalformedException("a record signed by a key of another kind than Ed25519");
        }
        byte[] payload = envelope.verify(kind.domain(), kind.type());
        return new Signed<>(decoder.decode(payload), Bytes.sha256(payload), envelope.key(), envelope);
    }

    private static <T> Signed<T> seal(PrivateKey key, Kind kind, T value, byte[] payload) {
        SignedEnvelope envelope = SignedEnvelope.seal(key, kind.domain(), kind.type(), payload);
        return new Signed<>(value, Bytes.sha256(payload), key.publicKey(), envelope);
    }
}
