package network.guts.core.host;

/** Whether others can dial a host, or one of its addresses, from where they are. */
public enum Reachability {
    /** Too few have tried. */
    UNKNOWN,
    /** Several have tried, and it worked. */
    PUBLIC,
    /** Several have tried, and it did not. */
    PRIVATE
}
