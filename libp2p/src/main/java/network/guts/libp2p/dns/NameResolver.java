package network.guts.libp2p.dns;

import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.Multiaddr.Component;
import network.guts.core.PeerId;
import network.guts.libp2p.dns.NameServer.Family;

/**
 * Replaces the name at the front of an address by what the domain name system says of it. {@code /dnsaddr/name} stands for
 * the addresses in the TXT records of {@code _dnsaddr.name}, which may be names again. Thread-safe.
 *
 * @see <a href="https://github.com/multiformats/multiaddr/blob/master/protocols/DNSADDR.md">dnsaddr</a>
 */
public final class NameResolver {
    /** A /dnsaddr that leads to one more /dnsaddr is what the public bootstrap peers have; go-libp2p follows 4. */
    public static final int MAX_DEPTH = 4;

    /** A dial takes no more than 64 addresses, and no honest name leads to more than a dozen. */
    public static final int MAX_RESULTS = 32;

    /** Questions for one address: a name whose records are all names would ask for more and more. */
    public static final int MAX_QUESTIONS = 16;

    private static final String PREFIX = "dnsaddr=";

    private final NameServer server;

    public NameResolver(NameServer server) {
        this.server = server;
    }

    /** True if {@code address} begins with a name. */
    public static boolean isName(Multiaddr address) {
        return switch (address.components().getFirst().part()) {
            case DNS, DNS4, DNS6, DNSADDR -> true;
            default -> false;
        };
    }

    /**
     * The numeric addresses behind {@code address}, without those that are said to be other peers', and without
     * {@code /p2p} at their ends. At most {@link #MAX_RESULTS}; never empty.
     *
     * @throws IOException naming each name that led to nothing, and why
     */
    public List<Multiaddr> resolve(PeerId peer, Multiaddr address) throws IOException {
        Search search = new Search(peer);
        search.follow(address, 0);
        if (search.found.isEmpty()) {
            throw new IOException(
                    search.faults.isEmpty()
                            ? "the name has no address of this peer"
                            : String.join(", ", search.faults));
        }
        return List.copyOf(search.found);
    }

    /** One look-up with all that follows from it. */
    private final class Search {
        private final PeerId peer;
        private final Set<Multiaddr> found = new LinkedHashSet<>();
        private final Set<Multiaddr> followed = new LinkedHashSet<>();
        private final Set<String> faults = new LinkedHashSet<>();
        private int questions;

        private Search(PeerId peer) {
            this.peer = peer;
        }

        private void follow(Multiaddr address, int depth) {
            if (address.peerId().filter(other -> !other.equals(peer)).isPresent()
                    || found.size() >= MAX_RESULTS
                    || !followed.add(address)) {
                return;
            }
            if (!isName(address)) {
                address.withoutPeerId().ifPresent(found::add);
                return;
            }
            String name = address.components().getFirst().value();
            if (depth >= MAX_DEPTH) {
                faults.add(name + ": names lead to names more than " + MAX_DEPTH + " times");
                return;
            }
            switch (address.components().getFirst().part()) {
                case DNSADDR -> followTexts(name, address, depth);
                case DNS4 -> addAddresses(name, address, Family.IP4);
                case DNS6 -> addAddresses(name, address, Family.IP6);
                default -> {
                    addAddresses(name, address, Family.IP6);
                    addAddresses(name, address, Family.IP4);
                }
            }
        }

        private void followTexts(String name, Multiaddr address, int depth) {
            String asked = "_dnsaddr." + name;
            try {
                ask();
                String suffix = rest(address);
                for (String text : server.texts(asked)) {
                    if (!text.startsWith(PREFIX) || !text.endsWith(suffix)) {
                        continue;
                    }
                    Optional<Multiaddr> next = parsed(text.substring(PREFIX.length()));
                    next.ifPresent(value -> follow(value, depth + 1));
                }
            } catch (IOException e) {
                faults.add(asked + ": " + e.getMessage());
            }
        }

        private void addAddresses(String name, Multiaddr address, Family family) {
            try {
                ask();
                for (InetAddress each : server.addresses(name, family)) {
                    String ip = family == Family.IP4 ? "/ip4/" : "/ip6/";
                    String text = each.getHostAddress();
                    int zone = text.indexOf('%');
                    Optional<Multiaddr> numeric =
                            parsed(ip + (zone < 0 ? text : text.substring(0, zone)) + rest(address));
                    if (found.size() < MAX_RESULTS) {
                        numeric.flatMap(Multiaddr::withoutPeerId).ifPresent(found::add);
                    }
                }
            } catch (IOException e) {
                faults.add(name + ": " + e.getMessage());
            }
        }

        private void ask() throws IOException {
            if (++questions > MAX_QUESTIONS) {
                throw new IOException("more than " + MAX_QUESTIONS + " look-ups for one address");
            }
        }
    }

    /** What follows the name. */
    private static String rest(Multiaddr address) {
        List<Component> rest = new ArrayList<>(address.components());
        rest.removeFirst();
        StringBuilder text = new StringBuilder();
        rest.forEach(text::append);
        return text.toString();
    }

    /** Records of protocols that are not known here, and what is no address, are as if they were not there. */
    private static Optional<Multiaddr> parsed(String text) {
        try {
            return Optional.of(Multiaddr.parse(text));
        } catch (MalformedException unusable) {
            return Optional.empty();
        }
    }
}
