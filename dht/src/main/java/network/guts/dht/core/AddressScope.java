package network.guts.dht.core;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import network.guts.core.Bytes;
import network.guts.core.Multiaddr;
import network.guts.core.PeerInfo;

/**
 * From where an address can be reached, and which addresses count as one operator's. Loopback and private addresses say
 * nothing about who runs a peer, so they are in no group: else container networks would not work.
 */
public enum AddressScope {
    LOOPBACK,
    PRIVATE,
    PUBLIC;

    private static final int IP4 = 0x04;
    private static final int IP6 = 0x29;

    /** The scope of an address; a name is taken for public. */
    public static AddressScope of(Multiaddr address) {
        byte[] encoded = address.toBytes();
        return switch (encoded[0]) {
            case IP4 -> ofIp4(encoded[1] & 0xff, encoded[2] & 0xff);
            case IP6 -> ofIp6(encoded);
            default -> PUBLIC;
        };
    }

    private static AddressScope ofIp4(int first, int second) {
        if (first == 127) {
            return LOOPBACK;
        }
        boolean isPrivate = first == 10
                || first == 172 && (second & 0xf0) == 16
                || first == 192 && second == 168
                || first == 169 && second == 254
                || first == 100 && (second & 0xc0) == 64
                || first == 0;
        return isPrivate ? PRIVATE : PUBLIC;
    }

    private static AddressScope ofIp6(byte[] encoded) {
        int first = encoded[1] & 0xff;
        int second = encoded[2] & 0xff;
        boolean zeros = true;
        for (int i = 1; i < 16; i++) {
            zeros &= encoded[i] == 0;
        }
        if (zeros) {
            return LOOPBACK;
        }
        boolean isPrivate = (first & 0xfe) == 0xfc || first == 0xfe && (second & 0xc0) == 0x80;
        return isPrivate ? PRIVATE : PUBLIC;
    }

    /** Whether somebody who is connected over an address of this scope can make use of {@code address}. */
    public boolean reaches(Multiaddr address) {
        return of(address).compareTo(this) >= 0;
    }

    /** {@code peer} with the addresses that somebody in this scope can use, at most {@code most}. */
    PeerInfo visible(PeerInfo peer, int most) {
        List<Multiaddr> usable =
                peer.addresses().stream().filter(this::reaches).limit(most).toList();
        return new PeerInfo(peer.peer(), usable);
    }

    /** The groups of a peer's public addresses: IPv4 by /16, IPv6 by /32 (what a registry hands to one operator). */
    static Set<Bytes> groups(List<Multiaddr> addresses) {
        Set<Bytes> groups = new TreeSet<>();
        for (Multiaddr address : addresses) {
            byte[] encoded = address.toBytes();
            if (of(address) == PUBLIC && (encoded[0] == IP4 || encoded[0] == IP6)) {
                groups.add(Bytes.of(encoded, 0, encoded[0] == IP4 ? 3 : 5));
            }
        }
        return groups;
    }
}
