package network.guts.node.daemon;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Set;
import network.guts.core.MalformedException;
import network.guts.core.PrivateKey;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;
import network.guts.runtime.CrashSafeFile;

/**
 * A private key on disk, readable by its owner alone: the protobuf of the libp2p peer-ids specification, so that other
 * libp2p programs can read it. Seed and public key are both in it, so that damage is found.
 */
public final class KeyFile {
    /** Field 1 (type): Ed25519; field 2 (data): 64 bytes. */
    private static final byte[] PREFIX = {0x08, 0x01, 0x12, 0x40};

    private static final int PUBLIC_BYTES = 32;
    private static final int BYTES = PREFIX.length + PrivateKey.SEED_BYTES + PUBLIC_BYTES;

    private KeyFile() {}

    /**
     * The key in {@code file}, or a new one that is written there.
     *
     * @throws Failure USAGE if the file holds no key, or others can read it
     */
    public static PrivateKey loadOrCreate(Path file, SecureRandom random) throws Failure {
        if (Files.exists(file)) {
            return load(file);
        }
        PrivateKey key = PrivateKey.generate(random);
        create(file, key);
        return key;
    }

    /**
     * Writes a new key.
     *
     * @throws Failure FAILED if the disk does not take it
     */
    static void create(Path file, PrivateKey key) throws Failure {
        try {
            CrashSafeFile.writeSecret(file, encode(key));
        } catch (IOException e) {
            throw new Failure(
                    ExitCode.FAILED, "cannot write the key " + file + ": " + e, "make its folder writable", e);
        }
    }

    /**
     * @throws Failure NOT_FOUND if there is none, USAGE if the file holds no key, or others can read it
     */
    public static PrivateKey load(Path file) throws Failure {
        if (!Files.exists(file)) {
            throw new Failure(ExitCode.NOT_FOUND, "there is no key " + file, "the first start of a node makes it");
        }
        byte[] content;
        try {
            if (!openToOwnerAlone(file)) {
                throw new Failure(
                        ExitCode.USAGE, "the key " + file + " can be read by others", "run: chmod 600 " + file);
            }
            content = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new Failure(ExitCode.USAGE, "cannot read the key " + file + ": " + e, "make it readable", e);
        }
        try {
            return decode(content);
        } catch (MalformedException e) {
            throw new Failure(
                    ExitCode.USAGE,
                    "the key " + file + " is damaged: " + e.getMessage(),
                    "restore it from a backup; without one, move it away: the next start makes a new identity",
                    e);
        }
    }

    private static boolean openToOwnerAlone(Path file) throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
        return permissions.stream().allMatch(permission -> permission.name().startsWith("OWNER_"));
    }

    static byte[] encode(PrivateKey key) {
        byte[] content = Arrays.copyOf(PREFIX, BYTES);
        System.arraycopy(key.seed(), 0, content, PREFIX.length, PrivateKey.SEED_BYTES);
        System.arraycopy(
                key.publicKey().raw().toArray(), 0, content, PREFIX.length + PrivateKey.SEED_BYTES, PUBLIC_BYTES);
        return content;
    }

    private static PrivateKey decode(byte[] content) throws MalformedException {
        if (content.length != BYTES) {
            throw new MalformedException(content.length + " bytes instead of " + BYTES);
        }
        int seedEnd = PREFIX.length + PrivateKey.SEED_BYTES;
        PrivateKey key = PrivateKey.fromSeed(Arrays.copyOfRange(content, PREFIX.length, seedEnd));
        if (!Arrays.equals(encode(key), content)) {
            throw new MalformedException("its two halves do not belong together");
        }
        return key;
    }
}
