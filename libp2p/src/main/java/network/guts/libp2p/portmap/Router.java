package network.guts.libp2p.portmap;

import com.offbynull.portmapper.mapper.MappedPort;
import com.offbynull.portmapper.mapper.PortType;
import com.offbynull.portmapper.mappers.natpmp.NatPmpPortMapper;
import com.offbynull.portmapper.mappers.pcp.PcpPortMapper;
import com.offbynull.portmapper.mappers.upnpigd.PortMapperUpnpIgdPortMapper;
import com.offbynull.portmapper.mappers.upnpigd.UpnpIgdPortMapper;
import java.io.Closeable;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import network.guts.libp2p.NatConfig.PortMapping;

/** One gateway, and the protocol by which it maps ports, once that is known. For one thread at a time. */
final class Router implements Closeable {
    /** A port of this machine. */
    record Port(PortType type, int number) {}

    private final GatewayBus bus;
    private final InetAddress internal;
    private final InetAddress gateway;
    private final PortMapping config;
    private Optional<com.offbynull.portmapper.mapper.PortMapper> chosen = Optional.empty();

    Router(InetAddress internal, InetAddress gateway, PortMapping config) {
        this.internal = internal;
        this.gateway = gateway;
        this.config = config;
        this.bus = new GatewayBus(internal, gateway, config);
    }

    /** This machine's address on the way to the gateway. */
    InetAddress internal() {
        return internal;
    }

    /**
     * Maps a port, or makes the mapping last longer. The first time, the protocols are tried in turn; the first that works
     * is the one.
     *
     * @param external the wanted port outside; the gateway may choose another
     * @return empty if the gateway does not map it
     */
    Optional<MappedPort> map(Port port, int external, Duration lifetime) throws InterruptedException {
        bus.forgetAnswers();
        if (chosen.isPresent()) {
            return map(chosen.get(), port, external, lifetime);
        }
        Optional<MappedPort> mapped = Optional.empty();
        if (config.natPmp().isPresent() || config.ssdp().isEmpty()) {
            mapped = first(
                    List.of(new PcpPortMapper(bus, internal, gateway), new NatPmpPortMapper(bus, internal, gateway)),
                    port,
                    external,
                    lifetime);
        }
        if (mapped.isEmpty() && (config.ssdp().isPresent() || config.natPmp().isEmpty())) {
            mapped = first(upnp(), port, external, lifetime);
        }
        return mapped;
    }

    private Optional<MappedPort> first(
            List<com.offbynull.portmapper.mapper.PortMapper> mappers, Port port, int external, Duration lifetime)
            throws InterruptedException {
        for (com.offbynull.portmapper.mapper.PortMapper each : mappers) {
            Optional<MappedPort> mapped = map(each, port, external, lifetime);
            if (mapped.isPresent()) {
                chosen = Optional.of(each);
                return mapped;
            }
        }
        return Optional.empty();
    }

    /** The devices that translate ports; a firewall that only opens them knows no address outside. */
    private List<com.offbynull.portmapper.mapper.PortMapper> upnp() throws InterruptedException {
        List<com.offbynull.portmapper.mapper.PortMapper> found = new ArrayList<>();
        try {
            for (UpnpIgdPortMapper each : UpnpIgdPortMapper.identify(bus)) {
                if (each instanceof PortMapperUpnpIgdPortMapper) {
                    found.add(each);
                }
            }
        } catch (RuntimeException e) {
            PortMapper.LOG.debug("the search for UPnP devices failed: {}", e.toString());
        }
        return found;
    }

    /** The library says that a gateway refuses, or speaks another protocol, by various exceptions. */
    private static Optional<MappedPort> map(
            com.offbynull.portmapper.mapper.PortMapper mapper, Port port, int external, Duration lifetime)
            throws InterruptedException {
        try {
            return Optional.of(mapper.mapPort(port.type(), port.number(), external, lifetime.toSeconds()));
        } catch (RuntimeException e) {
            PortMapper.LOG.debug("{} does not map {}: {}", mapper.getClass().getSimpleName(), port, e.toString());
            return Optional.empty();
        }
    }

    /** Takes a mapping back. */
    void unmap(MappedPort mapped) throws InterruptedException {
        bus.forgetAnswers();
        if (chosen.isPresent()) {
            try {
                chosen.get().unmapPort(mapped);
            } catch (RuntimeException e) {
                PortMapper.LOG.debug("a mapping was not taken back: {}", e.toString());
            }
        }
    }

    /** By which protocol, for people to read. */
    String protocol() {
        return chosen.map(mapper -> switch (mapper) {
                    case PcpPortMapper pcp -> "PCP";
                    case NatPmpPortMapper natPmp -> "NAT-PMP";
                    default -> "UPnP";
                })
                .orElse("none");
    }

    @Override
    public void close() {
        bus.close();
    }
}
