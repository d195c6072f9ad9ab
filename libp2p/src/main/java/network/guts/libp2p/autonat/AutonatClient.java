package network.guts.libp2p.autonat;

import java.io.IOException;
import java.net.Inet4Address;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.Multiaddr.Part;
import network.guts.core.host.ConnectionInfo;
import network.guts.core.host.Stream;
import network.guts.libp2p.autonat.AddressProbes.Outcome;
import network.guts.libp2p.autonat.wire.AutonatMessage;
import network.guts.libp2p.autonat.wire.AutonatMessage.DialDataRequest;
import network.guts.libp2p.autonat.wire.AutonatMessage.DialDataResponse;
import network.guts.libp2p.autonat.wire.AutonatMessage.DialRequest;
import network.guts.libp2p.autonat.wire.AutonatMessage.DialResponse;
import network.guts.libp2p.autonat.wire.AutonatMessage.DialStatus;
import network.guts.libp2p.autonat.wire.AutonatMessage.ResponseStatus;
import network.guts.libp2p.autonat.wire.DialBackMessage;
import network.guts.runtime.Frames;

/** Asks one server about some addresses, and takes the dial-backs. Believes a success only if the nonce came. */
final class AutonatClient {
    /** The server may take data (15 s), wait (3 s), dial (10 s) and hand over the nonce (10 s). */
    static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(40);

    /** The dial-back is done before the server answers; it may still be under way here. As go-libp2p. */
    static final Duration NONCE_TIMEOUT = Duration.ofSeconds(5);

    /** The specification's most; who wants more does not get any. */
    static final long MOST_DATA = 100_000;

    /** As go-libp2p: a message with its frame fits into 4 KiB. */
    private static final int DATA_AT_A_TIME = 4000;

    private final RandomGenerator random;
    private final InstantSource clock;
    private final Map<Long, CompletableFuture<ConnectionInfo>> waiting = new ConcurrentHashMap<>();

    /**
     * @param random unpredictable, and thread-safe: who guesses a nonce can claim that an address is reachable
     */
    AutonatClient(RandomGenerator random, InstantSource clock) {
        this.random = random;
        this.clock = clock;
    }

    /**
     * Asks about {@code addresses}.
     *
     * @param stream to the server, of the protocol of dial requests
     * @throws IOException if the server fails, breaks the protocol, or claims what is not so
     */
    Outcome ask(Stream stream, List<Multiaddr> addresses) throws IOException {
        long nonce = random.nextLong();
        Instant asked = clock.instant();
        CompletableFuture<ConnectionInfo> back = new CompletableFuture<>();
        waiting.put(nonce, back);
        try {
            stream.writeTimeout(ANSWER_TIMEOUT);
            stream.readTimeout(ANSWER_TIMEOUT);
            List<Optional<Multiaddr>> known =
                    addresses.stream().map(Optional::of).toList();
            Frames.write(stream, new DialRequest(known, nonce).encode());
            return outcome(answer(stream, addresses.size()), addresses, back, asked);
        } finally {
            waiting.remove(nonce);
        }
    }

    private static DialResponse answer(Stream stream, int addresses) throws IOException {
        AutonatMessage message = read(stream);
        if (message instanceof DialDataRequest(long index, long bytes)) {
            if (index >= addresses || bytes < 0 || bytes > MOST_DATA) {
                throw new MalformedException("the server wants " + Long.toUnsignedString(bytes)
                        + " bytes of dial data for address " + index + " of " + addresses);
            }
            send(stream, (int) bytes);
            message = read(stream);
        }
        if (message instanceof DialResponse response) {
            return response;
        }
        throw new MalformedException("the server answers with something else than a dial response");
    }

    private static AutonatMessage read(Stream stream) throws IOException {
        return AutonatMessage.parse(Frames.readRequired(stream, AutonatMessage.MAX_BYTES));
    }

    private static void send(Stream stream, int bytes) throws IOException {
        for (int left = bytes; left > 0; left -= DATA_AT_A_TIME) {
            Frames.write(stream, new DialDataResponse(Math.min(left, DATA_AT_A_TIME)).encode());
        }
    }

    private static Outcome outcome(
            DialResponse response, List<Multiaddr> addresses, CompletableFuture<ConnectionInfo> back, Instant asked)
            throws IOException {
        if (response.status() == ResponseStatus.E_DIAL_REFUSED) {
            return new Outcome.Refused();
        }
        if (response.status() != ResponseStatus.OK) {
            throw new IOException("the server did not serve the request: " + response.status());
        }
        if (response.dial() == DialStatus.UNUSED || response.index() >= addresses.size()) {
            throw new MalformedException("the server's answer names no address");
        }
        Multiaddr address = addresses.get((int) response.index());
        // Where the nonce came, the address was reached, whatever the server says.
        boolean expected = response.dial() == DialStatus.OK || response.dial() == DialStatus.E_DIAL_BACK_ERROR;
        Optional<ConnectionInfo> came = came(back, expected ? NONCE_TIMEOUT : Duration.ZERO);
        if (came.filter(connection -> fits(connection, address, asked)).isPresent()) {
            return new Outcome.Dialled(address, true);
        }
        if (expected) {
            throw new MalformedException("the server says that it dialled " + address + ", but no nonce came there");
        }
        return new Outcome.Dialled(address, false);
    }

    private static Optional<ConnectionInfo> came(CompletableFuture<ConnectionInfo> back, Duration wait)
            throws IOException {
        try {
            return Optional.of(back.get(wait.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException none) {
            return Optional.empty();
        } catch (ExecutionException e) {
            throw new IllegalStateException("a dial-back fails nowhere", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for a dial-back", e);
        }
    }

    /**
     * A nonce that came by TCP says nothing about QUIC, one that came by IPv4 nothing about IPv6, and one on a connection
     * that was there before, or through a relay, nothing at all.
     */
    private static boolean fits(ConnectionInfo connection, Multiaddr address, Instant asked) {
        boolean sameFamily = connection
                .address()
                .ip()
                .map(ip -> ip instanceof Inet4Address)
                .equals(address.ip().map(ip -> ip instanceof Inet4Address));
        return sameFamily
                && connection.direction() == ConnectionInfo.Direction.INBOUND
                && !connection.since().isBefore(asked)
                && !connection.address().has(Part.P2P_CIRCUIT)
                && connection.address().has(Part.TCP) == address.has(Part.TCP)
                && connection.address().has(Part.QUIC_V1) == address.has(Part.QUIC_V1);
    }

    /**
     * Serves {@code /libp2p/autonat/2/dial-back}.
     *
     * @throws IOException if nobody waits for that nonce
     */
    void dialledBack(Stream stream) throws IOException {
        stream.readTimeout(NONCE_TIMEOUT);
        stream.writeTimeout(NONCE_TIMEOUT);
        DialBackMessage message = DialBackMessage.parse(Frames.readRequired(stream, DialBackMessage.MAX_BYTES));
        CompletableFuture<ConnectionInfo> back = waiting.get(message.nonce());
        if (back == null || !back.complete(stream.connection())) {
            throw new MalformedException("a dial-back with a nonce that nobody waits for");
        }
        Frames.write(stream, DialBackMessage.answer());
        stream.closeWrite();
    }
}
