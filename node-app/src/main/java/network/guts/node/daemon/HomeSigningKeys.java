package network.guts.node.daemon;

import java.io.IOException;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.PrivateKey;
import network.guts.node.output.Failure;
import network.guts.sync.SigningKeys;

/** {@code signing.key} in the home: made by the first publication that succeeds. */
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
        if (!Files.exists(home.signingKey())) {
            return Optional.empty();
        }
        try {
            return Optional.of(load());
        } catch (Failure failure) {
            throw new IOException(failure.message(), failure);
        }
    }

    @Override
    public PrivateKey keyOrDraft() throws IOException {
        Optional<PrivateKey> known = key();
        return known.isPresent() ? known.get() : PrivateKey.generate(random);
    }

    @Override
    public void keep(PrivateKey draft) throws IOException {
        lock.lock();
        try {
            Optional<PrivateKey> known = key();
            if (known.isEmpty()) {
                KeyFile.create(home.signingKey(), draft);
            } else if (!known.get().publicKey().equals(draft.publicKey())) {
                throw new IOException("this node has another signing key by now: " + home.signingKey());
            }
        } catch (Failure failure) {
            throw new IOException(failure.message(), failure);
        } finally {
            lock.unlock();
        }
    }

    /** The key, made if there is none, failing in the program's own words. */
    PrivateKey load() throws Failure {
        lock.lock();
        try {
            return KeyFile.loadOrCreate(home.signingKey(), random);
        } finally {
            lock.unlock();
        }
    }
}
