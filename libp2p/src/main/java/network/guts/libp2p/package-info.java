/**
 * A libp2p host, usable alone: {@link network.guts.core.host.Host} over TCP (Noise or TLS, and Yamux) and QUIC, with
 * identify and ping. A peer is named by its id and dialled at its addresses; a protocol is a name and a handler that reads
 * and writes a stream, blocking, on a virtual thread of its own.
 *
 * <p>A whole program, two hosts and one protocol of their own:
 *
 * {@snippet :
 * import java.time.Duration;
 * import module network.guts.libp2p;
 *
 * void main() throws IOException {
 *     Multiaddr loopback = Multiaddr.parse("/ip4/127.0.0.1/udp/0/quic-v1");
 *     try (Libp2pHost alice = Libp2pHost.create(HostConfig.withNewKey().build());
 *             Libp2pHost bob = Libp2pHost.create(HostConfig.withNewKey().listen(loopback).build())) {
 *         bob.handle("/greeting/1.0.0", stream -> Frames.write(stream, Frames.readRequired(stream, 1000)));
 *         bob.start();
 *         alice.start().connect(bob.peerId(), bob.addresses(), Duration.ofSeconds(10));
 *         try (var stream = alice.open(bob.peerId(), List.of("/greeting/1.0.0"), Duration.ofSeconds(10))) {
 *             Frames.write(stream, "Hello, Bob".getBytes());
 *             IO.println(new String(Frames.readRequired(stream, 1000)));
 *         }
 *     }
 * }
 * }
 *
 * <p>{@link network.guts.libp2p.HostConfig} says what a host may be told. {@link network.guts.libp2p.Libp2pHost#create} keeps
 * the addresses of peers in memory; with a {@link network.guts.runtime.Database} a host remembers them over a restart.
 *
 * <p>{@code swarm} keeps the connections, {@code addressbook} remembers where peers are, {@code identify} and {@code ping}
 * are protocols of their own, {@code metrics} counts; below are {@code transport}, {@code tcp}, {@code quic},
 * {@code upgrade}, {@code multistream}, {@code noise}, {@code tls} and {@code yamux}.
 */
package network.guts.libp2p;
