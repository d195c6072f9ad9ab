package network.guts.libp2p.tls;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the side that listened takes of the protocols that are offered to it. The client's order counts. */
final class AlpnChoice {
    private final List<String> accepted;
    private volatile boolean failed;

    AlpnChoice(List<String> accepted) {
        this.accepted = List.copyOf(accepted);
    }

    /** The first offered protocol that is accepted, or null, by which the JDK ends the handshake. */
    @Nullable String choose(List<String> offered) {
        String first = offered.stream().filter(accepted::contains).findFirst().orElse(null);
        failed = first == null;
        return first;
    }

    /** True if protocols were offered and none is accepted: BoringSSL goes on all the same, against the specification. */
    boolean failed() {
        return failed;
    }
}
