package network.guts.gossip.core;

import java.util.Arrays;
import java.util.List;

/** The versions spoken, the preferred first. FloodSub is not among them: nothing on this network needs it. */
public enum ProtocolVersion {
    V1_1("/meshsub/1.1.0"),
    V1_0("/meshsub/1.0.0");

    private final String id;

    ProtocolVersion(String id) {
        this.id = id;
    }

    /** The protocol id, as multistream-select negotiates it. */
    public String id() {
        return id;
    }

    /** All protocol ids, the preferred first. */
    public static List<String> ids() {
        return Arrays.stream(values()).map(ProtocolVersion::id).toList();
    }

    /** The version of a negotiated id. */
    public static ProtocolVersion of(String id) {
        return Arrays.stream(values())
                .filter(version -> version.id.equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(id + " was never offered"));
    }
}
