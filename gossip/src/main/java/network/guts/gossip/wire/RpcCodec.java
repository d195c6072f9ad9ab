package network.guts.gossip.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.gossip.core.Control;
import network.guts.gossip.core.Control.IHave;
import network.guts.gossip.core.Control.Prune;
import network.guts.gossip.core.Limits;
import network.guts.gossip.core.Rpc;
import network.guts.gossip.core.Rpc.Subscription;
import network.guts.gossip.core.SignedMessage;
import network.guts.gossip.wire.IncomingRpc.Candidate;
import network.guts.gossip.wire.IncomingRpc.Refused;
import network.guts.gossip.wire.IncomingRpc.Unverified;
import network.guts.gossip.wire.proto.ControlGraftPb;
import network.guts.gossip.wire.proto.ControlIHavePb;
import network.guts.gossip.wire.proto.ControlIWantPb;
import network.guts.gossip.wire.proto.ControlMessagePb;
import network.guts.gossip.wire.proto.ControlPrunePb;
import network.guts.gossip.wire.proto.MessagePb;
import network.guts.gossip.wire.proto.RpcPb;
import org.jspecify.annotations.Nullable;

/**
 * The RPC of libp2p pubsub. Reading is strict about the protobuf and lenient about quantity: what exceeds a limit is left
 * out, and so are entries that this network can not mean (a topic that is too long, an id that is no SHA-256), since a peer
 * may speak with others about other things on the same stream.
 */
public final class RpcCodec {
    /** StrictSign's sequence number, a big-endian integer. */
    static final int SEQNO_BYTES = 8;

    private RpcCodec() {}

    /** The bytes of {@code rpc}; messages go byte for byte as they came. */
    public static byte[] encode(Rpc rpc) {
        RpcPb.Builder rest = RpcPb.newBuilder();
        for (Subscription subscription : rpc.subscriptions()) {
            rest.addSubscriptionsBuilder()
                    .setSubscribe(subscription.subscribe())
                    .setTopicId(subscription.topic());
        }
        if (!rpc.control().isEmpty()) {
            rest.setControl(encode(rpc.control()));
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            rest.build().writeTo(bytes);
            CodedOutputStream messages = CodedOutputStream.newInstance(bytes);
            for (SignedMessage message : rpc.messages()) {
                messages.writeByteArray(
                        RpcPb.PUBLISH_FIELD_NUMBER, message.encoded().toArray());
            }
            messages.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
        return bytes.toByteArray();
    }

    private static ControlMessagePb encode(Control control) {
        ControlMessagePb.Builder pb = ControlMessagePb.newBuilder();
        for (IHave ihave : control.ihave()) {
            pb.addIhave(
                    ControlIHavePb.newBuilder().setTopicId(ihave.topic()).addAllMessageIds(byteStrings(ihave.ids())));
        }
        if (!control.iwant().isEmpty()) {
            pb.addIwant(ControlIWantPb.newBuilder().addAllMessageIds(byteStrings(control.iwant())));
        }
        for (String topic : control.graft()) {
            pb.addGraft(ControlGraftPb.newBuilder().setTopicId(topic));
        }
        for (Prune prune : control.prune()) {
            ControlPrunePb.Builder entry = ControlPrunePb.newBuilder().setTopicId(prune.topic());
            if (prune.backoff().isPositive()) {
                entry.setBackoff(Math.max(1, prune.backoff().toSeconds()));
            }
            pb.addPrune(entry);
        }
        return pb.build();
    }

    private static List<ByteString> byteStrings(List<Bytes> ids) {
        return ids.stream().map(id -> ByteString.copyFrom(id.toArray())).toList();
    }

    /**
     * Reads an RPC.
     *
     * @throws MalformedException if it is larger than {@link Limits#MAX_RPC} or no protobuf
     */
    public static IncomingRpc parse(byte[] bytes) throws MalformedException {
        if (bytes.length > Limits.MAX_RPC) {
            throw new MalformedException("RPC of " + bytes.length + " bytes");
        }
        RpcPb pb;
        try {
            pb = RpcPb.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedException("RPC is no protobuf", e);
        }
        List<Subscription> subscriptions = new ArrayList<>();
        for (RpcPb.SubOptsPb entry : upTo(Limits.MAX_SUBSCRIPTIONS_PER_RPC, pb.getSubscriptionsList())) {
            topic(entry.getTopicIdBytes())
                    .ifPresent(topic -> subscriptions.add(new Subscription(topic, entry.getSubscribe())));
        }
        List<Candidate> messages = new ArrayList<>();
        for (MessagePb message : upTo(Limits.MAX_MESSAGES_PER_RPC, pb.getPublishList())) {
            messages.add(candidate(message));
        }
        return new IncomingRpc(subscriptions, messages, control(pb.getControl()));
    }

    private static Control control(ControlMessagePb pb) {
        int most = Limits.MAX_CONTROL_ENTRIES_PER_RPC;
        int room = Limits.MAX_IDS_PER_RPC;
        List<IHave> ihave = new ArrayList<>();
        for (ControlIHavePb entry : upTo(most, pb.getIhaveList())) {
            List<Bytes> ids = ids(upTo(room, entry.getMessageIdsList()));
            room -= ids.size();
            topic(entry.getTopicIdBytes()).ifPresent(topic -> ihave.add(new IHave(topic, ids)));
        }
        room = Limits.MAX_IDS_PER_RPC;
        List<Bytes> iwant = new ArrayList<>();
        for (ControlIWantPb entry : upTo(most, pb.getIwantList())) {
            List<Bytes> ids = ids(upTo(room, entry.getMessageIdsList()));
            room -= ids.size();
            iwant.addAll(ids);
        }
        List<String> graft = new ArrayList<>();
        for (ControlGraftPb entry : upTo(most, pb.getGraftList())) {
            topic(entry.getTopicIdBytes()).ifPresent(graft::add);
        }
        List<Prune> prune = new ArrayList<>();
        for (ControlPrunePb entry : upTo(most, pb.getPruneList())) {
            topic(entry.getTopicIdBytes()).ifPresent(topic -> prune.add(new Prune(topic, backoff(entry.getBackoff()))));
        }
        return new Control(ihave, iwant, graft, prune);
    }

    /** The field is unsigned: a negative number is a very large one. */
    private static Duration backoff(long seconds) {
        long most = Limits.MAX_BACKOFF.toSeconds();
        return Duration.ofSeconds(seconds < 0 || seconds > most ? most : seconds);
    }

    private static List<Bytes> ids(List<ByteString> ids) {
        return ids.stream()
                .filter(id -> id.size() == SignedMessage.ID_BYTES)
                .map(id -> Bytes.of(id.toByteArray()))
                .toList();
    }

    private static Candidate candidate(MessagePb message) {
        String topic = topic(message.getTopicBytes()).orElse("");
        String fault = fault(message, topic);
        if (fault != null) {
            return new Refused(topic, fault);
        }
        try {
            PeerId from = PeerId.parse(message.getFrom().toByteArray());
            Bytes data = Bytes.of(message.getData().toByteArray());
            Bytes id = SignedMessage.idOf(topic, data);
            return new Unverified(topic, from, data, id, Bytes.of(message.toByteArray()));
        } catch (MalformedException e) {
            return new Refused(topic, "from is no peer id");
        }
    }

    private static @Nullable String fault(MessagePb message, String topic) {
        if (topic.isEmpty()) {
            return "no topic, or a bad one";
        }
        if (message.getData().size() > Limits.MAX_DATA) {
            return "data of " + message.getData().size() + " bytes";
        }
        if (message.getSerializedSize() - message.getData().size() > StrictSign.MAX_OVERHEAD) {
            return "more than " + StrictSign.MAX_OVERHEAD + " bytes beside its data";
        }
        if (message.getFrom().isEmpty()) {
            return "anonymous";
        }
        if (message.getSeqno().size() != SEQNO_BYTES) {
            return "no sequence number of " + SEQNO_BYTES + " bytes";
        }
        return message.getSignature().isEmpty() ? "not signed" : null;
    }

    /** A topic that can be one: 1 to {@link Limits#MAX_TOPIC_BYTES} bytes of UTF-8. */
    private static Optional<String> topic(ByteString bytes) {
        if (bytes.isEmpty() || bytes.size() > Limits.MAX_TOPIC_BYTES || !bytes.isValidUtf8()) {
            return Optional.empty();
        }
        return Optional.of(bytes.toString(StandardCharsets.UTF_8));
    }

    private static <T> List<T> upTo(int most, List<T> all) {
        return all.size() <= most ? all : all.subList(0, most);
    }
}
