package network.guts.libp2p.portmap;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import network.guts.core.Multiaddr;
import network.guts.libp2p.Await;
import network.guts.libp2p.HostConfig;
import network.guts.libp2p.Keys;
import network.guts.libp2p.Libp2pHost;
import network.guts.libp2p.NatConfig;
import network.guts.libp2p.NatConfig.PortMapping;
import network.guts.libp2p.portmap.FakeGateway.Speaks;
import network.guts.runtime.Database;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PortMappedHostTest {
    @TempDir
    Path folder;

    @Test
    void a_host_tells_where_the_router_lets_others_in_and_takes_it_back_when_it_ends() throws Exception {
        try (FakeGateway gateway = new FakeGateway(Speaks.PCP, 3600);
                Database database = Database.open(folder.resolve("host.db"))) {
            NatConfig nat =
                    NatConfig.DEFAULT.portMapping(new PortMapping(Optional.of(gateway.natPmp()), Optional.empty()));
            Libp2pHost host = new Libp2pHost(
                    HostConfig.of(Keys.key(1))
                            .listen(Keys.address("/ip4/127.0.0.1/tcp/0"))
                            .nat(nat)
                            .build(),
                    database,
                    InstantSource.system());
            try (host) {
                host.start();
                int inside = host.addresses().getFirst().port().orElseThrow();
                Multiaddr outside = Keys.address("/ip4/198.51.100.7/tcp/" + (inside ^ 1));
                Await.until(
                        "the host tells the address outside",
                        () -> host.addresses().contains(outside));
                assertThat(host.addressStatus())
                        .anyMatch(status -> status.address().equals(outside) && status.mapped() && status.told());
            }
            assertThat(gateway.mapped).extracting(FakeGateway.Mapped::lifetime).containsExactly(3600L, 0L);
        }
    }
}
