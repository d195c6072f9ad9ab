package network.guts.libp2p;

/** Whether others can dial this host at the addresses of its own. */
public enum Reachability {
    /** Nobody has tried yet. */
    UNKNOWN,
    /** Somebody from outside has. */
    PUBLIC,
    /** Nobody gets through: a NAT or a firewall is in the way. */
    PRIVATE
}
