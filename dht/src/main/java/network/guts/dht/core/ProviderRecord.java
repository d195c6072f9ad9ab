package network.guts.dht.core;

import java.time.Instant;
import network.guts.core.Bytes;
import network.guts.core.PeerInfo;

/**
 * Somebody's word that they provide a key.
 *
 * @param key the bytes before hashing, 1 to {@link Parameters#MAX_KEY_BYTES}
 * @param provider who said so, over a connection of its own
 * @param received when it was said last
 */
public record ProviderRecord(Bytes key, PeerInfo provider, Instant received) {}
