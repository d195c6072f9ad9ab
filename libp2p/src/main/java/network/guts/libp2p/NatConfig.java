package network.guts.libp2p;

import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * What a host does to find out whether it can be reached, and to be reached.
 *
 * @param autonat whether others are asked to dial this host, and dialled for
 * @param scope the narrowest kind of address that is asked about and dialled for others
 * @param portMapping how the router is asked to let others in; empty: it is not asked
 */
public record NatConfig(Autonat autonat, Scope scope, Optional<PortMapping> portMapping) {
    /** Asks others, serves once it can be reached, and asks no router. */
    public static final NatConfig DEFAULT = new NatConfig(Autonat.AUTO, Scope.PUBLIC, Optional.empty());

    /** Which parts of AutoNAT v2 are in use. */
    public enum Autonat {
        /** None: reachability stays unknown. */
        OFF,
        /**
         * Others are asked. They are served while this host can be reached itself; in a scope beyond the public network
         * also as long as nothing is known, since somebody has to begin.
         */
        AUTO,
        /** Others are asked, and served. */
        ON
    }

    /**
     * How far an address must reach to matter. AutoNAT was made for the public network; in a network of one's own, which
     * may lie behind one router or in containers, private addresses are all there is.
     */
    public enum Scope {
        /** The public network: what is known to be unreachable is not told to others. */
        PUBLIC,
        /** Private addresses too. All addresses are told: who is asked may stand elsewhere than who is told. */
        PRIVATE,
        /** Loopback addresses too: hosts on one machine. */
        LOOPBACK
    }

    /**
     * Asking the router for a port, by PCP, NAT-PMP or UPnP-IGD. Where a place is given for one of them, nobody is asked at
     * any other.
     *
     * @param natPmp where PCP and NAT-PMP are served
     * @param ssdp where a UPnP device answers searches
     */
    public record PortMapping(Optional<InetSocketAddress> natPmp, Optional<InetSocketAddress> ssdp) {
        /** The default gateway, which is looked up; UPnP devices are searched for by multicast. */
        public static final PortMapping AUTOMATIC = new PortMapping(Optional.empty(), Optional.empty());
    }

    /** The same with another scope. */
    public NatConfig scope(Scope value) {
        return new NatConfig(autonat, value, portMapping);
    }

    /** The same with AutoNAT in another mode. */
    public NatConfig autonat(Autonat value) {
        return new NatConfig(value, scope, portMapping);
    }

    /** The same with a router that is asked. */
    public NatConfig portMapping(PortMapping value) {
        return new NatConfig(autonat, scope, Optional.of(value));
    }
}
