package network.guts.node.daemon;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import network.guts.core.Bytes;
import network.guts.core.Cid;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.Multihash;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import network.guts.node.output.Printable;
import network.guts.sync.model.RepositoryUrl;

/** Reads what people write on the command line: URLs, addresses, keys. */
public final class Arguments {
    private Arguments() {}

    /**
     * @throws Failure USAGE if it is no URL of a repository and no CID of one
     */
    public static RepositoryUrl url(String text) throws Failure {
        try {
            return RepositoryUrl.parse(text);
        } catch (MalformedException e) {
            throw new Failure(
                    ExitCode.USAGE,
                    "\"" + Printable.line(text) + "\" is no repository: " + e.getMessage(),
                    "a repository is guts://bafkrei…, as guts publish prints it, or the bare CID",
                    e);
        }
    }

    /**
     * A multiaddr that ends in {@code /p2p/…}, or a bare peer id (no addresses then).
     *
     * @throws Failure USAGE if it is neither
     */
    public static PeerInfo peer(String text) throws Failure {
        try {
            if (!text.startsWith("/")) {
                return new PeerInfo(PeerId.parse(text), List.of());
            }
            Multiaddr address = Multiaddr.parse(text);
            Optional<PeerId> peer = address.peerId();
            if (peer.isEmpty()) {
                throw new MalformedException("it does not end in /p2p/<peer id>");
            }
            List<Multiaddr> addresses = new ArrayList<>();
            address.withoutPeerId().ifPresent(addresses::add);
            return new PeerInfo(peer.get(), addresses);
        } catch (MalformedException e) {
            throw new Failure(
                    ExitCode.USAGE,
                    "\"" + Printable.line(text) + "\" is no peer: " + e.getMessage(),
                    "a peer is its id (12D3…) or an address such as /ip4/127.0.0.1/tcp/9000/p2p/12D3…",
                    e);
        }
    }

    /**
     * The bytes of a DHT key: a CID's or a hexadecimal multihash, a peer id, or a record key that begins with '/'.
     *
     * @throws Failure USAGE if it is none of them
     */
    public static Bytes key(String text) throws Failure {
        if (text.startsWith("/")) {
            return Bytes.of(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
        try {
            return PeerId.parse(text).bytes();
        } catch (MalformedException noPeer) {
            return Bytes.of(multihash(text).toBytes());
        }
    }

    /**
     * A CID's multihash, or one in hexadecimal ({@code 1220…}).
     *
     * @throws Failure USAGE if it is neither
     */
    public static Multihash multihash(String text) throws Failure {
        try {
            if (text.matches("(?:[0-9a-fA-F]{2}){2,}")) {
                return Multihash.parse(Bytes.fromHex(text).toArray());
            }
            if (text.startsWith(RepositoryUrl.SCHEME)) {
                return RepositoryUrl.parse(text).repository().hash();
            }
            return Cid.parse(text).hash();
        } catch (MalformedException e) {
            throw new Failure(
                    ExitCode.USAGE,
                    "\"" + Printable.line(text) + "\" is no key: " + e.getMessage(),
                    "a key is a CID (bafkrei…), a multihash in hexadecimal (1220…), a peer id, or begins with '/'",
                    e);
        }
    }
}
