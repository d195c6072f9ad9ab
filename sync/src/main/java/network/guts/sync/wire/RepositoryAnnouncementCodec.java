package network.guts.sync.wire;

import com.google.protobuf.ByteString;
import network.guts.core.MalformedException;
import network.guts.sync.model.RepositoryAnnouncement;
import network.guts.sync.wire.proto.RepositoryAnnouncementPb;

/** {@link RepositoryAnnouncement} as protobuf. */
public final class RepositoryAnnouncementCodec {
    /** The summary, two hashes, and room for fields to come. */
    public static final int MAX_ENCODED = 1024;

    private RepositoryAnnouncementCodec() {}

    public static byte[] encode(RepositoryAnnouncement announcement) {
        return RepositoryAnnouncementPb.newBuilder()
                .setRepository(
                        ByteString.copyFrom(announcement.repository().hash().toBytes()))
                .setIdentity(Fields.of(announcement.identity()))
                .setSummary(announcement.summary())
                .build()
                .toByteArray();
    }

    /**
     * @throws MalformedException if it is no announcement, or its summary is not one line for people
     */
    public static RepositoryAnnouncement decode(byte[] payload) throws MalformedException {
        RepositoryAnnouncementPb in =
                Fields.parse(RepositoryAnnouncementPb.parser(), payload, MAX_ENCODED, "announcement");
        return new RepositoryAnnouncement(
                Fields.repository(in.getRepository()),
                Fields.hash(in.getIdentity(), "identity"),
                Fields.text(in.getSummary(), RepositoryAnnouncement.MAX_SUMMARY, false, "summary"));
    }
}
