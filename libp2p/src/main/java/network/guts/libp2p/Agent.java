package network.guts.libp2p;

/** What this host calls itself in identify unless told otherwise. */
public final class Agent {
    public static final String DEFAULT = "guts/0.1.0";

    private Agent() {}
}
