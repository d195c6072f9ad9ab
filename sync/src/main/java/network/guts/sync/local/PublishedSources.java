package network.guts.sync.local;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.locks.ReentrantLock;
import network.guts.core.MalformedException;
import network.guts.runtime.CrashSafeFile;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.RepositoryUrl;
import org.eclipse.jgit.errors.ConfigInvalidException;
import org.eclipse.jgit.storage.file.FileBasedConfig;
import org.eclipse.jgit.util.FS;

/**
 * Which of the user's git repositories was published as which: the remote {@code guts} in its configuration says so, or
 * else a file in the home. Thread-safe.
 */
public final class PublishedSources {
    /** The remote that publishing and cloning leave behind. */
    public static final String REMOTE = "guts";

    private final Path file;
    private final ReentrantLock lock = new ReentrantLock();

    /**
     * @param file that remembers what has no remote
     */
    public PublishedSources(Path file) {
        this.file = file;
    }

    /** What the repository at {@code gitDirectory} was published as. */
    Optional<RepositoryId> find(Path gitDirectory) throws IOException {
        Optional<RepositoryId> remote = remote(gitDirectory);
        if (remote.isPresent()) {
            return remote;
        }
        lock.lock();
        try {
            String id = load().getProperty(key(gitDirectory));
            return id == null ? Optional.empty() : Optional.of(RepositoryId.parse(id));
        } catch (MalformedException e) {
            throw new IOException(file + " is damaged: " + e.getMessage(), e);
        } finally {
            lock.unlock();
        }
    }

    private static Optional<RepositoryId> remote(Path gitDirectory) throws IOException {
        FileBasedConfig config =
                new FileBasedConfig(gitDirectory.resolve("config").toFile(), FS.DETECTED);
        try {
            config.load();
            String url = config.getString("remote", REMOTE, "url");
            return url == null || !url.startsWith(RepositoryUrl.SCHEME)
                    ? Optional.empty()
                    : Optional.of(RepositoryUrl.parse(url).repository());
        } catch (ConfigInvalidException | MalformedException e) {
            throw new IOException(
                    "the remote '" + REMOTE + "' of " + gitDirectory + " is no Guts URL: " + e.getMessage(), e);
        }
    }

    void put(Path gitDirectory, RepositoryId id) throws IOException {
        lock.lock();
        try {
            Properties all = load();
            all.setProperty(key(gitDirectory), id.toString());
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            all.store(out, null);
            CrashSafeFile.write(file, out.toByteArray());
        } finally {
            lock.unlock();
        }
    }

    private Properties load() throws IOException {
        Properties all = new Properties();
        if (Files.exists(file)) {
            try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
                all.load(reader);
            }
        }
        return all;
    }

    private static String key(Path gitDirectory) throws IOException {
        return gitDirectory.toRealPath().toString();
    }
}
