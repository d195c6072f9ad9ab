package network.guts.sync.wire;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.PublicKey;
import network.guts.sync.model.Identity;
import network.guts.sync.model.RefName;
import network.guts.sync.wire.proto.IdentityPb;

/** {@link Identity} as protobuf. */
public final class IdentityCodec {
    private IdentityCodec() {}

    public static byte[] encode(Identity identity) {
        IdentityPb.Builder out = IdentityPb.newBuilder()
                .setVersion(identity.version())
                .setRevision(identity.revision())
                .setName(identity.name())
                .setDescription(identity.description())
                .setDefaultBranch(identity.defaultBranch())
                .setObjectFormat(Identity.OBJECT_FORMAT)
                .setThreshold(identity.threshold())
                .setNonce(Fields.of(identity.nonce()));
        identity.previous().ifPresent(hash -> out.setPrevious(Fields.of(hash)));
        identity.recovery().ifPresent(hash -> out.setRecovery(Fields.of(hash)));
        identity.delegates().forEach(key -> out.addDelegates(ByteString.copyFrom(key.encoded())));
        return out.build().toByteArray();
    }

    /**
     * @throws MalformedException if it is no identity of a version that is known here, or breaks a limit
     */
    public static Identity decode(byte[] payload) throws MalformedException {
        IdentityPb in = Fields.parse(IdentityPb.parser(), payload, Identity.MAX_ENCODED, "identity");
        if (in.getVersion() != Identity.VERSION) {
            throw new MalformedException("an identity of another version of the format");
        }
        if (!in.getObjectFormat().equals(Identity.OBJECT_FORMAT)) {
            throw new MalformedException("a repository with another object format than sha1");
        }
        if (in.getRevision() < 0) {
            throw new MalformedException("revisions run from 0 to 2^63-1");
        }
        Optional<Bytes> previous = Fields.optionalHash(in.getPrevious(), "previous");
        boolean first = in.getRevision() == 0;
        if (first != previous.isEmpty()) {
            throw new MalformedException("revision 0 has no previous one, and every other has");
        }
        if (in.getNonce().size() != (first ? Identity.NONCE_BYTES : 0)) {
            throw new MalformedException("revision 0 has a nonce of 16 bytes, and no other has one");
        }
        String branch = in.getDefaultBranch();
        if (!RefName.isWellFormed(RefName.HEADS + branch)) {
            throw new MalformedException("the default branch has a name that git does not take");
        }
        List<PublicKey> delegates = delegates(in.getDelegatesList());
        if (in.getThreshold() < 1 || in.getThreshold() > delegates.size()) {
            throw new MalformedException("the threshold is not between 1 and the number of delegates");
        }
        return new Identity(
                in.getVersion(),
                in.getRevision(),
                previous,
                Fields.text(in.getName(), Identity.MAX_NAME, false, "name"),
                Fields.text(in.getDescription(), Identity.MAX_DESCRIPTION, true, "description"),
                branch,
                delegates,
                in.getThreshold(),
                Fields.optionalHash(in.getRecovery(), "recovery"),
                Bytes.of(in.getNonce().toByteArray()));
    }

    private static List<PublicKey> delegates(List<ByteString> encoded) throws MalformedException {
        if (encoded.isEmpty() || encoded.size() > Identity.MAX_DELEGATES) {
            throw new MalformedException("an identity has 1 to 32 delegates, not " + encoded.size());
        }
        List<PublicKey> delegates = new ArrayList<>();
        Bytes last = Bytes.EMPTY;
        for (ByteString next : encoded) {
            Bytes bytes = Bytes.of(next.toByteArray());
            PublicKey key = PublicKey.parseEd25519(next.toByteArray());
            if (!Bytes.of(key.encoded()).equals(bytes)) {
                throw new MalformedException("a delegate's key that is not encoded as it should be");
            }
            if (last.compareTo(bytes) >= 0) {
                throw new MalformedException("delegates are not sorted, or one is there twice");
            }
            delegates.add(key);
            last = bytes;
        }
        return delegates;
    }
}
