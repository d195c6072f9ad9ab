package network.guts.libp2p.identify;

import static network.guts.libp2p.Keys.address;
import static network.guts.libp2p.Keys.key;
import static network.guts.libp2p.Keys.peer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerRecord;
import network.guts.libp2p.TestClock;
import network.guts.libp2p.identify.proto.IdentifyPb;
import network.guts.libp2p.identify.wire.IdentifyMessage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdentifyMessageTest {
    private static final Multiaddr LOOPBACK = address("/ip4/127.0.0.1/tcp/9000");
    private static final Multiaddr PRIVATE = address("/ip4/172.17.0.2/tcp/9000");
    private static final Multiaddr PUBLIC = address("/ip4/8.8.8.8/tcp/9000");

    private final TestClock clock = new TestClock();
    private final TreeSet<String> protocols = new TreeSet<>(List.of("/a", "/b"));
    private final SelfDescription self = new SelfDescription(key(1), "test/1", () -> protocols, clock);

    private IdentifyMessage told(String to) throws MalformedException {
        return IdentifyMessage.parse(List.of(self.tell(address(to)).encode()));
    }

    @Test
    void whatIsToldIsUnderstoodAndFitsTheRemote() throws Exception {
        self.addresses(List.of(PUBLIC, PRIVATE, LOOPBACK));
        IdentifyMessage local = told("/ip4/127.0.0.1/tcp/5");
        assertThat(local.publicKey()).contains(key(1).publicKey());
        assertThat(local.addresses()).containsExactly(PUBLIC, PRIVATE, LOOPBACK);
        assertThat(local.protocols()).containsExactly("/a", "/b");
        assertThat(local.observed()).contains(address("/ip4/127.0.0.1/tcp/5"));
        assertThat(local.agentVersion()).contains("test/1");
        assertThat(told("/ip4/10.0.0.9/tcp/5").addresses()).containsExactly(PUBLIC, PRIVATE);
        IdentifyMessage distant = told("/ip4/9.9.9.9/tcp/5");
        assertThat(distant.addresses()).containsExactly(PUBLIC);
        PeerRecord record = PeerRecord.open(distant.record().orElseThrow());
        assertThat(record.peer()).isEqualTo(peer(1));
        assertThat(record.addresses()).containsExactly(PUBLIC);
    }

    @Test
    void theSequenceRisesWithEveryChangeAlsoAcrossARestart() throws Exception {
        assertThat(self.addresses(List.of(LOOPBACK))).isTrue();
        long first = PeerRecord.open(self.record()).sequence();
        assertThat(self.addresses(List.of(LOOPBACK))).isFalse();
        assertThat(PeerRecord.open(self.record()).sequence()).isEqualTo(first);
        self.addresses(List.of(PRIVATE));
        assertThat(PeerRecord.open(self.record()).sequence()).isGreaterThan(first);
        clock.advance(java.time.Duration.ofSeconds(5));
        SelfDescription restarted = new SelfDescription(key(1), "test/1", () -> protocols, clock);
        restarted.addresses(List.of(LOOPBACK));
        assertThat(PeerRecord.open(restarted.record()).sequence())
                .isGreaterThan(PeerRecord.open(self.record()).sequence());
    }

    @Test
    void aCrowdOfAddressesAndProtocolsStaysWithinWhatOthersRead() throws Exception {
        List<Multiaddr> many = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            many.add(address("/ip6/2001:db8::" + Integer.toHexString(i + 1) + "/tcp/9000"));
            protocols.add("/protocol/with/a/long/name/" + i);
        }
        protocols.removeIf(id -> id.hashCode() % 2 == 0);
        self.addresses(many);
        byte[] encoded = self.tell(PUBLIC).encode();
        assertThat(encoded.length).isLessThanOrEqualTo(IdentifyMessage.MAX_SENT);
        assertThat(IdentifyMessage.parse(List.of(encoded)).protocols()).containsExactlyElementsOf(protocols);
    }

    @Test
    void partsAreMerged() throws Exception {
        byte[] first = IdentifyPb.newBuilder()
                .setAgentVersion("x")
                .addProtocols("/a")
                .build()
                .toByteArray();
        byte[] second = IdentifyPb.newBuilder()
                .setProtocolVersion("y")
                .addProtocols("/b")
                .build()
                .toByteArray();
        IdentifyMessage message = IdentifyMessage.parse(List.of(first, second));
        assertThat(message.agentVersion()).contains("x");
        assertThat(message.protocolVersion()).contains("y");
        assertThat(message.protocols()).containsExactly("/a", "/b");
        assertThat(message.publicKey()).isEqualTo(Optional.empty());
    }

    @Test
    void whatIsUnusableIsLeftOutAndTextIsHarmless() throws Exception {
        ByteString junk = ByteString.copyFromUtf8("no such thing");
        byte[] encoded = IdentifyPb.newBuilder()
                .addListenAddrs(junk)
                .addListenAddrs(ByteString.copyFrom(PUBLIC.toBytes()))
                .addProtocols("/good/1")
                .addProtocols("/bad\n/id")
                .addProtocols("x".repeat(1000))
                .setObservedAddr(junk)
                .setSignedPeerRecord(junk)
                .setAgentVersion("evil\u001b[2J" + "x".repeat(1000))
                .build()
                .toByteArray();
        IdentifyMessage message = IdentifyMessage.parse(List.of(encoded));
        assertThat(message.addresses()).containsExactly(PUBLIC);
        assertThat(message.protocols()).containsExactly("/good/1");
        assertThat(message.observed()).isEmpty();
        assertThat(message.record()).isEmpty();
        assertThat(message.agentVersion().orElseThrow())
                .startsWith("evil?[2Jxxx")
                .hasSize(128);
    }

    @Test
    void aMalformedKeyIsMalformed() {
        byte[] encoded = IdentifyPb.newBuilder()
                .setPublicKey(ByteString.copyFromUtf8("key"))
                .build()
                .toByteArray();
        assertThatThrownBy(() -> IdentifyMessage.parse(List.of(encoded))).isInstanceOf(MalformedException.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void damagedMessagesAreMalformedOrValidAndNothingElse(long seed) {
        Random random = new Random(seed);
        self.addresses(List.of(PUBLIC, PRIVATE, LOOPBACK));
        byte[] good = self.tell(LOOPBACK).encode();
        for (int i = 0; i < 2000; i++) {
            byte[] damaged = good.clone();
            for (int n = random.nextInt(1, 6); n > 0; n--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            try {
                assertThat(IdentifyMessage.parse(List.of(damaged)).protocols().size())
                        .as("seed %d", seed)
                        .isLessThanOrEqualTo(256);
            } catch (MalformedException e) {
                assertThat(e).as("seed %d", seed).hasMessageNotContaining("\n");
            }
        }
    }
}
