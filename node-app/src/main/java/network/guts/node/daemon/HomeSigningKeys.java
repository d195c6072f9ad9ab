package network.guts.node.daemon;

import java.io.IOException;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.PrivateKey;
import network.guts.node.output.Failure;
import network.guts.sync.SigningKeys;

/** {@code signing.key} in the home: made by the first publication. */
final class HomeSigningKeys implements SigningKeys {
    private final Home home;
    private final SecureRandom random;
    private final ReentrantLock lock = new ReentrantLock();

    HomeSigningKeys(Home home, SecureRandom random) {
        this.home = home;
        this.random = random;
    }

    @Override
    public Optional<PrivateKey> key() throws IOException {
        return Files.exists(home.signingKey()) ? Optional.of(keyOrCreate()) : Optional.empty();
    }

    @Override
    public PrivateKey keyOrCreate() throws IOException {
        try {
            return load();
        } catch (Failure failure) {
            throw new IOException(failure.message(), failure);
        }
    }

    /** The same, failing in the program's own words. */
    PrivateKey load() throws Failure {
        lock.lock();
        try {
            return KeyFile.loadOrCreate(home.signingKey(), random);
        } finally {
            lock.unlock();
        }
    }
}
