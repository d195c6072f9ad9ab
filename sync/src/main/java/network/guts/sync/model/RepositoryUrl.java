package network.guts.sync.model;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;

/**
 * {@code guts://bafkrei…}, with {@code ?peer=<multiaddr>} (repeatable) for those who need no DHT; or the bare CID.
 *
 * @param hints where to ask first, at most {@link #MAX_HINTS}, each ending in {@code /p2p/<peer>}
 */
public record RepositoryUrl(RepositoryId repository, List<Multiaddr> hints) {
    public static final String SCHEME = "guts://";

    /** One honest provider is enough; a URL is something that people paste. */
    public static final int MAX_HINTS = 16;

    public RepositoryUrl {
        hints = List.copyOf(hints);
    }

    /**
     * @throws MalformedException if {@code text} is neither, or a hint is no address that names its peer
     */
    public static RepositoryUrl parse(String text) throws MalformedException {
        String rest = text.startsWith(SCHEME) ? text.substring(SCHEME.length()) : text;
        int query = rest.indexOf('?');
        String id = query < 0 ? rest : rest.substring(0, query);
        if (id.endsWith("/")) {
            id = id.substring(0, id.length() - 1);
        }
        List<Multiaddr> hints = new ArrayList<>();
        if (query >= 0) {
            for (String parameter : rest.substring(query + 1).split("&", -1)) {
                hints.add(hint(parameter));
            }
        }
        if (hints.size() > MAX_HINTS) {
            throw new MalformedException("a repository's URL with more than " + MAX_HINTS + " peers");
        }
        return new RepositoryUrl(RepositoryId.parse(id), hints);
    }

    private static Multiaddr hint(String parameter) throws MalformedException {
        if (!parameter.startsWith("peer=")) {
            throw new MalformedException("a repository's URL has no parameters but peer=");
        }
        Multiaddr address;
        try {
            address = Multiaddr.parse(URLDecoder.decode(parameter.substring(5), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            throw new MalformedException("a percent sign in a URL that stands for nothing", e);
        }
        if (address.peerId().isEmpty() || address.withoutPeerId().isEmpty()) {
            throw new MalformedException("peer= wants an address that ends in /p2p/<peer id>");
        }
        return address;
    }

    /** The hints as peers, the addresses of one together, in the order of the URL. */
    public List<PeerInfo> peers() {
        Map<PeerId, List<Multiaddr>> peers = new LinkedHashMap<>();
        for (Multiaddr hint : hints) {
            peers.computeIfAbsent(hint.peerId().orElseThrow(), peer -> new ArrayList<>())
                    .add(hint.withoutPeerId().orElseThrow());
        }
        return peers.entrySet().stream()
                .map(entry -> new PeerInfo(entry.getKey(), entry.getValue()))
                .toList();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(SCHEME).append(repository);
        for (int i = 0; i < hints.size(); i++) {
            text.append(i == 0 ? "?peer=" : "&peer=").append(hints.get(i));
        }
        return text.toString();
    }
}
