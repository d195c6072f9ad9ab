package network.guts.libp2p.noise;

import java.security.GeneralSecurityException;
import java.security.Provider;
import java.util.Optional;
import java.util.function.Supplier;
import javax.crypto.Cipher;
import org.conscrypt.Conscrypt;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the cipher comes from. The rule: Conscrypt if its native library loads, otherwise the JDK.
 *
 * <p>The reason is speed. The JDK's Poly1305 is fast only on CPUs with AVX-512; with AVX2 its ChaCha20-Poly1305 does 370
 * MiB a CPU second with full records, Conscrypt's 1,500 to 1,900. The JDK's ChaCha20 with a Poly1305 of our own would do
 * 800, and would be our own.
 */
final class ChaChaPoly {
    private static final Logger LOG = LoggerFactory.getLogger(ChaChaPoly.class);
    private static final String ALGORITHM = "ChaCha20-Poly1305";

    /** Loads the native library when the first connection needs it, and once. */
    private static final class Chosen {
        static final @Nullable Provider NATIVE =
                available(ChaChaPoly::conscrypt).orElse(null);
    }

    private ChaChaPoly() {}

    /** A new cipher of the fastest kind that there is here. */
    static Cipher cipher() {
        return cipher(Chosen.NATIVE);
    }

    /** A new cipher of {@code provider}, or of the JDK. */
    static Cipher cipher(@Nullable Provider provider) {
        try {
            return provider == null ? Cipher.getInstance(ALGORITHM) : Cipher.getInstance(ALGORITHM, provider);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java platform has no " + ALGORITHM, e);
        }
    }

    /** Tries the provider once; empty, with a line in the log, if it cannot be used on this machine. */
    static Optional<Provider> available(Supplier<Provider> provider) {
        try {
            Provider loaded = provider.get();
            Cipher.getInstance(ALGORITHM, loaded);
            return Optional.of(loaded);
        } catch (GeneralSecurityException | RuntimeException | LinkageError e) {
            LOG.info("no native cipher here, using the JDK's: {}", e.toString());
            return Optional.empty();
        }
    }

    /** Fails with a {@link LinkageError} where there is no library for the system, or it cannot be unpacked. */
    static Provider conscrypt() {
        Conscrypt.checkAvailability();
        return Conscrypt.newProvider();
    }
}
