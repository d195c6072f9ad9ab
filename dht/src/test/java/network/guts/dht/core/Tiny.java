package network.guts.dht.core;

import java.util.List;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.Multihash;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;

/** A key space of eight bits, whose distances can be read from binary literals; and peers for the real one. */
final class Tiny {
    private Tiny() {}

    static Key key(int bits) {
        return Key.ofBits((byte) bits);
    }

    /** A peer at {@code bits}, with a private address. */
    static Contact contact(int bits) {
        return contact(bits, "/ip4/10.0.0." + bits + "/tcp/4001");
    }

    static Contact contact(int bits, String address) {
        return new Contact(key(bits), new PeerInfo(peer(bits), List.of(address(address))));
    }

    /** The same peer id for the same number. */
    static PeerId peer(int number) {
        byte[] seed = {(byte) (number >> 24), (byte) (number >> 16), (byte) (number >> 8), (byte) number};
        try {
            return PeerId.parse(new Multihash(Multihash.SHA2_256, Bytes.sha256(seed)).toBytes());
        } catch (MalformedException e) {
            throw new AssertionError(e);
        }
    }

    static Multiaddr address(String text) {
        try {
            return Multiaddr.parse(text);
        } catch (MalformedException e) {
            throw new AssertionError(e);
        }
    }

    /** A peer with a private address. */
    static PeerInfo info(int number) {
        String address = "/ip4/10." + (number >> 16 & 0xff) + "." + (number >> 8 & 0xff) + "." + (number & 0xff);
        return new PeerInfo(peer(number), List.of(address(address + "/tcp/4001")));
    }
}
