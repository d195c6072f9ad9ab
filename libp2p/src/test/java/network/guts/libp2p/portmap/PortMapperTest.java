package network.guts.libp2p.portmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.offbynull.portmapper.mapper.PortType;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import network.guts.core.Multiaddr;
import network.guts.libp2p.Await;
import network.guts.libp2p.Keys;
import network.guts.libp2p.NatConfig.PortMapping;
import network.guts.libp2p.portmap.FakeGateway.Mapped;
import network.guts.libp2p.portmap.FakeGateway.Speaks;
import org.junit.jupiter.api.Test;

/** Against routers of the test's own, on loopback. */
class PortMapperTest {
    private static final int HOUR = 3600;
    private static final List<Multiaddr> LISTENING = List.of(
            Keys.address("/ip4/127.0.0.1/tcp/9000"),
            Keys.address("/ip4/127.0.0.1/udp/9000/quic-v1"),
            Keys.address("/ip4/10.9.8.7/tcp/9000"),
            Keys.address("/ip6/::1/tcp/9000"));

    private static PortMapping config(FakeGateway gateway, Speaks speaks) {
        boolean upnp = speaks.name().contains("UPNP");
        return new PortMapping(
                upnp ? Optional.empty() : Optional.of(gateway.natPmp()),
                upnp ? Optional.of(gateway.ssdp()) : Optional.empty());
    }

    @FunctionalInterface
    private interface Check {
        void run(Speaks speaks) throws Exception;
    }

    /** Side by side: most of the time is waiting for what does not come. */
    private static void each(Check check, Speaks... all) throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (Speaks speaks : all) {
                running.add(threads.submit(() -> {
                    check.run(speaks);
                    return null;
                }));
            }
            for (Future<?> one : running) {
                one.get();
            }
        }
    }

    @Test
    void ports_are_mapped_and_taken_back() throws Exception {
        each(PortMapperTest::mapAndTakeBack, Speaks.PCP, Speaks.NAT_PMP, Speaks.UPNP);
    }

    private static void mapAndTakeBack(Speaks speaks) throws Exception {
        try (FakeGateway gateway = new FakeGateway(speaks, HOUR)) {
            CountDownLatch changed = new CountDownLatch(1);
            PortMapper mapper = new PortMapper(config(gateway, speaks), () -> LISTENING, changed::countDown);
            mapper.start();
            assertThat(changed.await(60, TimeUnit.SECONDS)).as("%s", speaks).isTrue();
            // The first two give another port than the one that was asked for.
            int outside = speaks == Speaks.UPNP ? 9000 : 9001;
            assertThat(mapper.addresses())
                    .containsExactly(
                            Keys.address("/ip4/198.51.100.7/tcp/" + outside),
                            Keys.address("/ip4/198.51.100.7/udp/" + outside + "/quic-v1"));
            assertThat(gateway.mapped)
                    .containsExactly(new Mapped("TCP", 9000, outside, HOUR), new Mapped("UDP", 9000, outside, HOUR));
            mapper.close();
            assertThat(gateway.mapped).hasSize(4);
            assertThat(gateway.mapped.subList(2, 4))
                    .extracting(Mapped::protocol, Mapped::lifetime)
                    .containsExactly(tuple("TCP", 0L), tuple("UDP", 0L));
        }
    }

    @Test
    void a_mapping_is_renewed_before_it_runs_out() throws Exception {
        try (FakeGateway gateway = new FakeGateway(Speaks.PCP, 1);
                PortMapper mapper = new PortMapper(
                        config(gateway, Speaks.PCP),
                        () -> LISTENING.subList(0, 1),
                        () -> {},
                        Duration.ofHours(1),
                        Duration.ofMillis(10))) {
            mapper.start();
            Await.until("it was renewed twice", () -> gateway.mapped.size() >= 3);
            assertThat(mapper.addresses()).containsExactly(Keys.address("/ip4/198.51.100.7/tcp/9001"));
        }
    }

    @Test
    void one_that_refuses_or_talks_without_end_or_points_elsewhere_maps_nothing() throws Exception {
        each(PortMapperTest::mapNothing, Speaks.NOTHING, Speaks.ENDLESS_UPNP, Speaks.UPNP_ELSEWHERE);
    }

    private static void mapNothing(Speaks speaks) throws Exception {
        InetAddress here = InetAddress.getLoopbackAddress();
        try (FakeGateway gateway = new FakeGateway(speaks, HOUR);
                Router router = new Router(here, here, config(gateway, speaks))) {
            assertThat(router.map(new Router.Port(PortType.TCP, 9000), 9000, Duration.ofHours(1)))
                    .as("%s", speaks)
                    .isEmpty();
            assertThat(gateway.mapped).isEmpty();
            if (speaks == Speaks.UPNP_ELSEWHERE) {
                assertThat(gateway.requests).isEmpty();
            }
        }
    }

    @Test
    void nothing_is_asked_before_it_starts_and_close_without_start_is_quick() throws Exception {
        try (FakeGateway gateway = new FakeGateway(Speaks.PCP, HOUR)) {
            PortMapper mapper = new PortMapper(config(gateway, Speaks.PCP), () -> LISTENING, () -> {});
            mapper.close();
            assertThat(gateway.mapped).isEmpty();
        }
    }
}
