package network.guts.libp2p.transport;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import network.guts.core.Multiaddr;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The transports of a host, as one. */
public final class Transports implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(Transports.class);

    private final List<Transport> all;

    public Transports(Transport... all) {
        this.all = List.of(all);
    }

    /**
     * The transport for {@code address}, which has no {@code /p2p} part.
     *
     * @throws UnsupportedAddressException with the reason, if there is none
     */
    public Transport of(Multiaddr address) throws UnsupportedAddressException {
        Optional<Transport> found =
                all.stream().filter(each -> each.handles(address)).findFirst();
        if (found.isPresent()) {
            return found.get();
        }
        throw new UnsupportedAddressException(
                "addresses of " + address.components().getLast().part().text() + " are not supported");
    }

    /**
     * Binds all addresses, or none. A transport that this platform does not have is left out with a warning, as long as
     * there is another.
     *
     * @param acceptor gets each connection and owns it; must not block
     * @throws IOException naming the address that cannot be listened on, and why
     */
    public void bind(List<Multiaddr> addresses, Consumer<Incoming> acceptor) throws IOException {
        Map<Transport, List<Multiaddr>> byTransport = new LinkedHashMap<>();
        for (Multiaddr address : addresses) {
            try {
                Transport transport = of(address);
                byTransport.merge(
                        transport,
                        List.of(address),
                        (some, more) -> java.util.stream.Stream.concat(some.stream(), more.stream())
                                .toList());
            } catch (UnsupportedAddressException e) {
                throw new IOException("cannot listen on " + address + ": " + e.getMessage(), e);
            }
        }
        boolean bound = false;
        try {
            List<UnsupportedAddressException> missing = new ArrayList<>();
            for (Map.Entry<Transport, List<Multiaddr>> entry : byTransport.entrySet()) {
                try {
                    entry.getKey().bind(entry.getValue(), acceptor);
                } catch (UnsupportedAddressException e) {
                    LOG.warn("{}", e.getMessage());
                    missing.add(e);
                }
            }
            if (!missing.isEmpty() && missing.size() == byTransport.size()) {
                throw missing.getFirst();
            }
            bound = true;
        } finally {
            if (!bound) {
                stopListening();
            }
        }
    }

    public void start() {
        all.forEach(Transport::start);
    }

    /** Where the host can be reached now. */
    public List<Multiaddr> addresses() {
        return all.stream().flatMap(each -> each.addresses().stream()).toList();
    }

    /** Listens no more; connections that are there go on. */
    public void stopListening() throws IOException {
        each(Transport::stopListening);
    }

    @Override
    public void close() throws IOException {
        each(Transport::close);
    }

    @FunctionalInterface
    private interface Step {
        void run(Transport transport) throws IOException;
    }

    /** Runs the step on all of them, also where one fails. */
    private void each(Step step) throws IOException {
        Optional<IOException> failure = Optional.empty();
        for (Transport transport : all) {
            try {
                step.run(transport);
            } catch (IOException e) {
                failure.ifPresent(e::addSuppressed);
                failure = Optional.of(e);
            }
        }
        if (failure.isPresent()) {
            throw failure.get();
        }
    }
}
