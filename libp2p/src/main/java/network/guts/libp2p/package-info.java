/**
 * A libp2p host, usable alone: {@link network.guts.core.host.Host} over TCP, Noise and Yamux, with identify and ping.
 *
 * <p>Two hosts, one protocol; a peer is named by its id, and dialled at its addresses:
 *
 * {@snippet :
 * try (Database database = Database.open(folder.resolve("alice.db"));
 *         Database other = Database.open(folder.resolve("bob.db"));
 *         Libp2pHost alice = new Libp2pHost(
 *                 HostConfig.of(PrivateKey.generate(new SecureRandom())).build(), database, InstantSource.system());
 *         Libp2pHost bob = new Libp2pHost(
 *                 HostConfig.of(PrivateKey.generate(new SecureRandom()))
 *                         .listen(Multiaddr.parse("/ip4/127.0.0.1/tcp/0"))
 *                         .build(),
 *                 other,
 *                 InstantSource.system())) {
 *     bob.handle("/greeting/1.0.0", stream -> {
 *         byte[] name = Frames.readRequired(stream, 100);
 *         Frames.write(stream, ("Hello " + new String(name, UTF_8)).getBytes(UTF_8));
 *     });
 *     alice.start();
 *     bob.start();
 *
 *     alice.connect(bob.peerId(), bob.addresses(), Duration.ofSeconds(10));
 *     try (Stream stream = alice.open(bob.peerId(), List.of("/greeting/1.0.0"), Duration.ofSeconds(10))) {
 *         Frames.write(stream, "Alice".getBytes(UTF_8));
 *         greeting = new String(Frames.readRequired(stream, 1000), UTF_8);
 *     }
 * }
 * }
 *
 * <p>{@code swarm} keeps the connections, {@code addressbook} remembers where peers are, {@code identify} and {@code ping}
 * are protocols of their own; below are {@code upgrade}, {@code multistream}, {@code noise}, {@code yamux} and {@code tcp}.
 */
package network.guts.libp2p;
