package network.guts.libp2p.portmap;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;

class DefaultGatewayTest {
    @Test
    void of_linux() {
        String table = """
                Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
                eth1	0000A8C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
                eth0	00000000	FE01A8C0	0003	0	0	100	00000000	0	0	0
                """;
        assertThat(DefaultGateway.ofLinux(table)).contains(InetAddress.ofLiteral("192.168.1.254"));
        assertThat(DefaultGateway.ofLinux("")).isEmpty();
        assertThat(DefaultGateway.ofLinux("head\nlo 00000000 zzz 0003 0 0 0 00000000"))
                .isEmpty();
    }

    @Test
    void of_macos_and_windows() {
        String mac = """
                Internet:
                Destination        Gateway            Flags        Netif Expire
                default            link#12            UCSI           en1
                default            192.168.1.1        UGScg          en0
                127                127.0.0.1          UCS            lo0
                """;
        assertThat(DefaultGateway.ofNetstat(mac)).contains(InetAddress.ofLiteral("192.168.1.1"));
        String windows = """
                Network Destination        Netmask          Gateway       Interface  Metric
                          0.0.0.0          0.0.0.0      10.0.0.138      10.0.0.23     25
                        127.0.0.0        255.0.0.0         On-link        127.0.0.1    331
                """;
        assertThat(DefaultGateway.ofNetstat(windows)).contains(InetAddress.ofLiteral("10.0.0.138"));
        assertThat(DefaultGateway.ofNetstat("0.0.0.0 0.0.0.0 On-link 10.0.0.1")).isEmpty();
        assertThat(DefaultGateway.ofNetstat("default 999.1.1.1 UG en0")).isEmpty();
    }

    @Test
    void loopback_leads_to_loopback() {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        assertThat(DefaultGateway.sourceTo(loopback)).contains(loopback);
    }
}
