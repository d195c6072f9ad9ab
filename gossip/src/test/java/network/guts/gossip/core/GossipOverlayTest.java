package network.guts.gossip.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import network.guts.core.PeerId;
import network.guts.gossip.core.GossipInput.Subscribe;
import network.guts.simulation.NetworkModel;
import org.junit.jupiter.api.Test;

/** The core among a hundred of its kind, in virtual time. */
class GossipOverlayTest {
    private static final int NODES = 100;
    /** The mesh alone carries messages, so that these tests see the mesh and not the flood. */
    private static final GossipParameters NO_FLOOD = GossipParameters.DEFAULT.withFloodPublish(false);

    private static Overlay overlay(long seed) {
        Overlay overlay = new Overlay(seed, NODES, NO_FLOOD);
        overlay.connectAll(10);
        overlay.subscribeAll();
        overlay.run(10);
        return overlay;
    }

    @Test
    void everyoneGetsEveryMessageOnce() {
        for (long seed = 1; seed <= 3; seed++) {
            Overlay overlay = overlay(seed);
            List<SignedMessage> sent = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                sent.add(overlay.publish(overlay.ids.get(i * 5), "news " + i));
                overlay.run(1);
            }
            overlay.run(2);
            for (SignedMessage message : sent) {
                for (PeerId id : overlay.ids) {
                    assertThat(overlay.deliveries(id, message))
                            .as("seed %d, node %s", seed, id)
                            .isEqualTo(1);
                }
            }
        }
    }

    @Test
    void meshDegreesStayWithinTheirBounds() {
        for (long seed = 1; seed <= 3; seed++) {
            Overlay overlay = overlay(seed);
            overlay.run(20);
            for (PeerId id : overlay.ids) {
                Set<PeerId> mesh = overlay.mesh(id);
                assertThat(mesh)
                        .as("seed %d, node %s", seed, id)
                        .hasSizeBetween(NO_FLOOD.degreeLow(), NO_FLOOD.degreeHigh());
            }
        }
    }

    @Test
    void meshesAreMutual() {
        Overlay overlay = overlay(7);
        overlay.run(20);
        for (PeerId id : overlay.ids) {
            for (PeerId other : overlay.mesh(id)) {
                assertThat(overlay.mesh(other)).contains(id);
            }
        }
    }

    @Test
    void oneSeedReplaysOneRun() {
        assertThat(digest(11)).isEqualTo(digest(11)).isNotEqualTo(digest(12));
    }

    private static long digest(long seed) {
        Overlay overlay = overlay(seed);
        overlay.simulation.network(NetworkModel.CALM.withLoss(0.1));
        overlay.publish(overlay.ids.getFirst(), "news");
        overlay.run(5);
        return overlay.simulation.digest();
    }

    @Test
    void whatTheNetworkLosesGossipBrings() {
        for (long seed = 1; seed <= 3; seed++) {
            Overlay overlay = overlay(seed);
            overlay.simulation.network(NetworkModel.CALM.withLoss(0.2));
            for (int i = 0; i < 10; i++) {
                SignedMessage message = overlay.publish(overlay.ids.get(i * 7), "news " + i);
                assertThat(overlay.simulation.runUntil(() -> overlay.allHave(message), Duration.ofSeconds(10)))
                        .as("seed %d, message %d reaches everybody", seed, i)
                        .isTrue();
            }
        }
    }

    /** Nothing but IHAVE and IWANT can bring the message: the mesh of the publisher is cut off while it sends. */
    @Test
    void gossipAloneBringsAMessage() {
        Overlay overlay = overlay(5);
        PeerId publisher = overlay.ids.getFirst();
        overlay.simulation.network(NetworkModel.CALM.withLoss(1));
        SignedMessage message = overlay.publish(publisher, "news");
        overlay.simulation.network(NetworkModel.CALM);
        assertThat(overlay.simulation.runUntil(() -> overlay.allHave(message), Duration.ofSeconds(10)))
                .isTrue();
    }

    @Test
    void nodesComeAndGo() {
        Overlay overlay = overlay(21);
        for (int round = 0; round < 10; round++) {
            for (int i = 0; i < 5; i++) {
                PeerId gone = overlay.ids.get((round * 5 + i) % NODES);
                overlay.kill(gone);
                overlay.start(gone);
                overlay.connectSome(gone, 10);
                overlay.simulation.input(gone, new Subscribe(Overlay.TOPIC));
            }
            overlay.run(3);
            SignedMessage message = overlay.publish(overlay.ids.get(99 - round), "news " + round);
            assertThat(overlay.simulation.runUntil(() -> overlay.allHave(message), Duration.ofSeconds(10)))
                    .as("round %d", round)
                    .isTrue();
        }
        overlay.run(70);
        for (PeerId id : overlay.ids) {
            assertThat(overlay.mesh(id)).hasSizeBetween(NO_FLOOD.degreeLow(), NO_FLOOD.degreeHigh());
        }
    }

    @Test
    void twoHalvesThatWereCutFindTogether() {
        Overlay overlay = overlay(31);
        List<PeerId> left = overlay.ids.subList(0, NODES / 2);
        List<PeerId> right = overlay.ids.subList(NODES / 2, NODES);
        List<PeerId[]> across = new ArrayList<>();
        for (PeerId one : left) {
            for (PeerId other : right) {
                if (overlay.followers(one).contains(other)) {
                    across.add(new PeerId[] {one, other});
                }
                overlay.simulation.cut(one, other, true);
                overlay.disconnect(one, other);
            }
        }
        overlay.run(5);
        SignedMessage leftNews = overlay.publish(left.getFirst(), "left");
        overlay.run(10);
        assertThat(left).allMatch(id -> overlay.deliveries(id, leftNews) == 1);
        assertThat(right).allMatch(id -> overlay.deliveries(id, leftNews) == 0);

        for (PeerId one : left) {
            right.forEach(other -> overlay.simulation.cut(one, other, false));
        }
        across.forEach(pair -> overlay.connect(pair[0], pair[1]));
        overlay.run(70);
        SignedMessage news = overlay.publish(left.getFirst(), "whole again");
        assertThat(overlay.simulation.runUntil(() -> overlay.allHave(news), Duration.ofSeconds(10)))
                .isTrue();
    }

    @Test
    void aRejectedMessageIsNeverForwarded() {
        Overlay overlay = overlay(41);
        PeerId publisher = overlay.ids.getFirst();
        SignedMessage bad = overlay.publish(publisher, (char) Overlay.BAD + " forged");
        overlay.run(10);
        assertThat(overlay.badForwarded).isZero();
        assertThat(overlay.ids)
                .filteredOn(id -> overlay.deliveries(id, bad) > 0)
                .containsExactly(publisher);
        assertThat(overlay.rejected).containsOnlyKeys(publisher);
    }

    @Test
    void aPublisherWhoDoesNotFollowUsesItsFanout() {
        Overlay overlay = new Overlay(51, NODES, NO_FLOOD);
        overlay.connectAll(10);
        overlay.ids.subList(1, NODES).forEach(id -> overlay.simulation.input(id, new Subscribe(Overlay.TOPIC)));
        overlay.run(10);
        PeerId publisher = overlay.ids.getFirst();
        SignedMessage message = overlay.publish(publisher, "from outside");
        overlay.run(5);
        assertThat(overlay.ids.subList(1, NODES)).allMatch(id -> overlay.deliveries(id, message) == 1);
        assertThat(overlay.deliveries(publisher, message)).isZero();
        assertThat(overlay.inspect(publisher).meshes()).isEmpty();
    }

    @Test
    void aFloodedMessageReachesAllNeighboursInOneHop() {
        Overlay overlay = new Overlay(61, NODES, GossipParameters.DEFAULT);
        overlay.connectAll(10);
        overlay.subscribeAll();
        overlay.run(10);
        PeerId publisher = overlay.ids.getFirst();
        Set<PeerId> neighbours = overlay.followers(publisher);
        SignedMessage message = overlay.publish(publisher, "news");
        overlay.simulation.run(NetworkModel.CALM.maxLatency().plusMillis(3));
        assertThat(neighbours).hasSizeGreaterThan(GossipParameters.DEFAULT.degree());
        assertThat(neighbours).allMatch(id -> overlay.deliveries(id, message) == 1);
    }
}
