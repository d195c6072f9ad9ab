package network.guts.dht.core;

import java.util.List;
import network.guts.core.PeerInfo;

/** What comes back: peers closer to the key, and its providers where those were asked for. */
public record Response(List<PeerInfo> closer, List<PeerInfo> providers) {
    /** Of a PING, and what stands for the answer that ADD_PROVIDER does not have. */
    public static final Response EMPTY = new Response(List.of(), List.of());

    public Response {
        closer = List.copyOf(closer);
        providers = List.copyOf(providers);
    }

    /** For {@code --trace}: "answered: 20 closer, 1 provider". */
    String outcome() {
        return "answered: " + closer.size() + " closer"
                + switch (providers.size()) {
                    case 0 -> "";
                    case 1 -> ", 1 provider";
                    default -> ", " + providers.size() + " providers";
                };
    }
}
