package network.guts.node.control;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import network.guts.core.Bytes;

/** Where a home's control socket is. */
public final class ControlSocket {
    /** A socket's path has at most 104 bytes on the narrowest of the systems. */
    static final int MAX_PATH_BYTES = 100;

    private ControlSocket() {}

    /**
     * {@code control.sock} in the home; where that path would be too long for the system, in a folder of the owner's under
     * the temporary folder, named after the home.
     */
    public static Path path(Path home) {
        Path inside = home.toAbsolutePath().normalize().resolve("control.sock");
        if (inside.toString().getBytes(StandardCharsets.UTF_8).length <= MAX_PATH_BYTES) {
            return inside;
        }
        String name = Bytes.sha256(inside.toString().getBytes(StandardCharsets.UTF_8))
                .hex()
                .substring(0, 20);
        return Path.of(System.getProperty("java.io.tmpdir"), "guts-" + name, "control.sock");
    }

    /**
     * Makes the socket's folder, for its owner alone.
     *
     * @throws IOException if it belongs to somebody else or can be opened by others
     */
    static void prepareFolder(Path socket) throws IOException {
        Path folder = socket.toAbsolutePath().getParent();
        if (folder == null) {
            throw new IOException(socket + " is no place for a socket");
        }
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        // Changing the mode fails unless the folder is the caller's own: nobody else can have put it there.
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    }
}
