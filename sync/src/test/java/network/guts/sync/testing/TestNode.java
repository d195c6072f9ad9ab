package network.guts.sync.testing;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import network.guts.core.PeerId;
import network.guts.core.PrivateKey;
import network.guts.sync.Repositories;
import network.guts.sync.SigningKeys;

/** What a node of a test is made of. */
public final class TestNode {
    private TestNode() {}

    /** A signing key in memory. */
    public static SigningKeys keys(PrivateKey key) {
        return new SigningKeys() {
            @Override
            public Optional<PrivateKey> key() {
                return Optional.of(key);
            }

            @Override
            public PrivateKey keyOrDraft() {
                return key;
            }

            @Override
            public void keep(PrivateKey draft) {
                if (!draft.publicKey().equals(key.publicKey())) {
                    throw new IllegalArgumentException("another key than the test's");
                }
            }
        };
    }

    public static PrivateKey newKey() {
        return PrivateKey.generate(new SecureRandom());
    }

    /** A clone's work: waits until {@code condition} holds. */
    public static void eventually(String what, Condition condition) throws IOException {
        Instant end = Instant.now().plus(Duration.ofSeconds(30));
        while (!condition.holds()) {
            if (Instant.now().isAfter(end)) {
                throw new AssertionError(what + " did not happen within 30 s");
            }
            java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
        }
    }

    /** Something that comes true. */
    @FunctionalInterface
    public interface Condition {
        boolean holds() throws IOException;
    }

    public static String text(Repositories.Fetched fetched) {
        return fetched.bytesByProvider() + " " + fetched.blamed();
    }

    public static Path home(Path folder, PeerId peer) {
        return folder.resolve("home-" + peer.abbreviated());
    }
}
