package network.guts.libp2p.tcp;

import static network.guts.libp2p.Keys.address;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IpClassTest {
    @ParameterizedTest
    @CsvSource({
        "/ip4/127.0.0.1/tcp/1, LOOPBACK",
        "/ip6/::1/tcp/1, LOOPBACK",
        "/ip4/10.1.2.3/tcp/1, PRIVATE",
        "/ip4/172.17.0.2/tcp/1, PRIVATE",
        "/ip4/192.168.1.1/tcp/1, PRIVATE",
        "/ip4/100.64.0.1/tcp/1, PRIVATE",
        "/ip4/100.128.0.1/tcp/1, PUBLIC",
        "/ip4/169.254.1.1/tcp/1, LINK_LOCAL",
        "/ip6/fe80::1/tcp/1, LINK_LOCAL",
        "/ip6/fd12::1/tcp/1, PRIVATE",
        "/ip6/2001:4860:4860::8888/tcp/1, PUBLIC",
        "/ip4/8.8.8.8/tcp/1, PUBLIC",
        "/dns4/example.org/tcp/1, PUBLIC"
    })
    void addressesHaveTheClassOfTheirRange(String text, IpClass expected) {
        assertThat(IpClass.of(address(text))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "LOOPBACK, LOOPBACK, true",
        "LOOPBACK, PRIVATE, false",
        "LOOPBACK, PUBLIC, false",
        "PRIVATE, PRIVATE, true",
        "PRIVATE, PUBLIC, false",
        "PUBLIC, PRIVATE, true",
        "PUBLIC, PUBLIC, true"
    })
    void onlyWhatCanBeReachedIsTold(IpClass told, IpClass remote, boolean usable) {
        assertThat(told.usableFrom(remote)).isEqualTo(usable);
    }
}
