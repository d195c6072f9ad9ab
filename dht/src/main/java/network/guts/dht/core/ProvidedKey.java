package network.guts.dht.core;

import java.time.Instant;
import network.guts.core.Bytes;

/**
 * A key that this node provides, as it is remembered over a restart.
 *
 * @param announced when it was announced last; {@link Instant#EPOCH} if never
 * @param addresses a hash of the addresses that were announced: others announce anew
 */
public record ProvidedKey(Bytes key, Instant announced, Bytes addresses) {
    /** One that was never announced. */
    public static ProvidedKey fresh(Bytes key) {
        return new ProvidedKey(key, Instant.EPOCH, Bytes.EMPTY);
    }
}
