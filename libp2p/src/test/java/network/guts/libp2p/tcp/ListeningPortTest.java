package network.guts.libp2p.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import network.guts.libp2p.Keys;
import org.junit.jupiter.api.Test;

/** Dials that leave from the port that is listened on. */
class ListeningPortTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private static InetAddress ip(String address) {
        return Keys.address(address).ip().orElseThrow();
    }

    @Test
    void theRemoteSeesThePortThatIsListenedOn() throws Exception {
        BlockingQueue<SocketChannel> accepted = new ArrayBlockingQueue<>(4);
        try (TcpListener remote = TcpListener.bind(loopback(0), accepted::add).start();
                TcpListeners own = new TcpListeners()) {
            own.bind(List.of(Keys.address("/ip4/127.0.0.1/tcp/0")), accepted::add);
            own.start();
            Optional<InetSocketAddress> from = own.dialFrom(InetAddress.getLoopbackAddress());
            TcpDialer dialer = new TcpDialer(AddressResolver.NUMERIC);
            try (SocketChannel channel = dialer.dial(remote.bound(), from, LONG);
                    SocketChannel there = accepted.poll(30, TimeUnit.SECONDS)) {
                assertThat(channel.isConnected()).isTrue();
                assertThat(there).isNotNull();
                assertThat(there.getRemoteAddress()).isEqualTo(from.orElseThrow());
                assertThatThrownBy(() -> dialer.dial(remote.bound(), from, LONG).close())
                        .as("the same connection once more")
                        .isInstanceOf(BindException.class);
            }
            try (SocketChannel back = dialer.dial(from.orElseThrow(), Optional.empty(), LONG);
                    SocketChannel here = accepted.poll(30, TimeUnit.SECONDS)) {
                assertThat(back.isConnected()).isTrue();
                assertThat(here).as("the listener still listens").isNotNull();
            }
        }
    }

    @Test
    void twoListenersDoNotShareAPort() throws Exception {
        try (TcpListener first = TcpListener.bind(loopback(0), channel -> {}).start()) {
            assertThatThrownBy(
                            () -> TcpListener.bind(first.bound(), channel -> {}).close())
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void onlyWhatReachesTheTargetIsDialledFrom() throws Exception {
        try (TcpListeners own = new TcpListeners()) {
            own.bind(List.of(Keys.address("/ip4/127.0.0.1/tcp/0")), channel -> {});
            assertThat(own.dialFrom(ip("/ip4/192.0.2.7/tcp/1"))).isEmpty();
            assertThat(own.dialFrom(ip("/ip6/::1/tcp/1"))).isEmpty();
            assertThat(own.dialFrom(ip("/ip4/127.0.0.1/tcp/1"))).isPresent();
        }
    }
}
