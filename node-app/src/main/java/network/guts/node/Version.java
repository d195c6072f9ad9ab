package network.guts.node;

/** Which version this is. */
public final class Version {
    public static final String TEXT = "0.1.0";

    private Version() {}
}
