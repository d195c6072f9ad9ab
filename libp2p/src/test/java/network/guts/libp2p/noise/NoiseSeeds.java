package network.guts.libp2p.noise;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Makes the seeds of {@link NoiseFuzzTest} anew, in the folder that is named: when what a handshake says has changed. */
final class NoiseSeeds {
    private NoiseSeeds() {}

    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        write(folder.resolve("inbound/connection"), NoiseFuzzTest.dialersBytes());
        write(folder.resolve("outbound/connection"), NoiseFuzzTest.listenersBytes());
        write(folder.resolve("payload/listener"), NoiseFuzzTest.listenersPayload());
    }

    private static void write(Path file, byte[] bytes) throws IOException {
        Files.createDirectories(file.getParent());
        Files.write(file, bytes);
    }
}
