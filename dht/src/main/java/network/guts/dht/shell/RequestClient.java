package network.guts.dht.shell;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.host.Host;
import network.guts.core.host.Identified;
import network.guts.core.host.Stream;
import network.guts.core.host.StreamResetException;
import network.guts.dht.core.DhtEffect;
import network.guts.dht.core.DhtInput;
import network.guts.dht.core.Parameters;
import network.guts.dht.core.Request;
import network.guts.dht.core.Response;
import network.guts.dht.wire.Messages;
import network.guts.runtime.Frames;
import network.guts.runtime.ProtocolLoop;

/** Asks other peers: a virtual thread and a stream for each request. The core bounds how many there are. */
final class RequestClient {
    /** ADD_PROVIDER has no answer; a peer that refuses resets the stream, and one that agrees ends it, within this. */
    private static final Duration REFUSAL = Duration.ofSeconds(2);

    /** The longest reason that travels into traces and errors, in characters. */
    private static final int MAX_REASON = 300;

    private final Host host;
    private final String protocol;
    private final ProtocolLoop<DhtInput, DhtEffect> loop;
    private final DhtMetrics metrics;
    private final Map<Long, Stream> streams = new ConcurrentHashMap<>();

    RequestClient(Host host, String protocol, ProtocolLoop<DhtInput, DhtEffect> loop, DhtMetrics metrics) {
        this.host = host;
        this.protocol = protocol;
        this.loop = loop;
        this.metrics = metrics;
    }

    void ask(DhtEffect.Ask ask) {
        Thread.ofVirtual().name("dht-ask-" + ask.ask()).start(() -> loop.submit(outcome(ask)));
    }

    /** Ends the stream of a request that nobody waits for. */
    void abandon(long ask) {
        Stream stream = streams.remove(ask);
        if (stream != null) {
            stream.reset();
        }
    }

    void close() {
        streams.keySet().forEach(this::abandon);
    }

    private DhtInput outcome(DhtEffect.Ask ask) {
        PeerId peer = ask.to().peer();
        try {
            Response response = exchange(ask);
            metrics.sent(ask.request(), true);
            List<Multiaddr> addresses =
                    host.identified(peer).map(Identified::addresses).orElse(List.of());
            return new DhtInput.Answered(ask.ask(), response, addresses);
        } catch (IOException e) {
            metrics.sent(ask.request(), false);
            return new DhtInput.AskFailed(ask.ask(), reason(e));
        }
    }

    /**
     * A reset says little: of two crossed dials one connection ends, and some implementations reset when they are busy
     * for a moment. A query is asked once more; an announcement is not, because there a reset is the refusal.
     */
    private Response exchange(DhtEffect.Ask ask) throws IOException {
        try {
            return exchangeOnce(ask);
        } catch (StreamResetException e) {
            if (ask.request() instanceof Request.AddProvider) {
                throw e;
            }
            return exchangeOnce(ask);
        }
    }

    private Response exchangeOnce(DhtEffect.Ask ask) throws IOException {
        PeerId peer = ask.to().peer();
        if (!host.isConnected(peer)) {
            host.connect(peer, ask.to().addresses(), Parameters.REQUEST_TIMEOUT);
        }
        Stream stream = host.open(peer, List.of(protocol), Parameters.REQUEST_TIMEOUT);
        streams.put(ask.ask(), stream);
        boolean done = false;
        try {
            stream.readTimeout(Parameters.REQUEST_TIMEOUT);
            stream.writeTimeout(Parameters.REQUEST_TIMEOUT);
            Frames.write(stream, Messages.encode(ask.request()));
            stream.closeWrite();
            Response response = ask.request() instanceof Request.AddProvider
                    ? awaitRefusal(stream)
                    : Messages.decodeResponse(ask.request(), Frames.readRequired(stream, Messages.MAX_RESPONSE));
            done = true;
            return response;
        } finally {
            streams.remove(ask.ask());
            if (done) {
                stream.close();
            } else {
                stream.reset();
            }
        }
    }

    private static Response awaitRefusal(Stream stream) throws IOException {
        stream.readTimeout(REFUSAL);
        try {
            stream.read(new byte[1], 0, 1);
        } catch (SocketTimeoutException silence) {
            // Some implementations keep their side open: no refusal is consent.
            return Response.EMPTY;
        }
        return Response.EMPTY;
    }

    /** What went wrong, printable and short: it may hold a remote's words. */
    static String reason(IOException e) {
        String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        StringBuilder clean = new StringBuilder();
        message.codePoints()
                .limit(MAX_REASON)
                .map(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? '?' : c)
                .forEach(clean::appendCodePoint);
        return clean.toString();
    }
}
