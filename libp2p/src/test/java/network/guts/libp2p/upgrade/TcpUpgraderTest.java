package network.guts.libp2p.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.security.MessageDigest;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import network.guts.core.Bytes;
import network.guts.libp2p.muxer.MuxedStream;
import org.junit.jupiter.api.Test;

class TcpUpgraderTest {
    private static final int MIB = 1 << 20;

    @Test
    void bothEndsKnowEachOther() throws Exception {
        try (Pair pair = Pair.connect()) {
            assertThat(pair.dialer().security()).isEqualTo("noise");
            assertThat(pair.dialer().muxer()).isEqualTo("yamux");
            assertThat(pair.dialer().peer()).isEqualTo(pair.dialer().key().peerId());
            MuxedStream stream = pair.ours().open(Pair.TIMEOUT);
            stream.write(new byte[] {1, 2, 3}, 0, 3);
            MuxedStream other = pair.theirs().accept();
            byte[] read = new byte[10];
            assertThat(other.read(read, 0, 10)).isEqualTo(3);
            other.write(read, 0, 3);
            other.close();
            assertThat(stream.read(read, 3, 7)).isEqualTo(3);
            assertThat(stream.read(read, 3, 7)).isEqualTo(-1);
            stream.close();
        }
    }

    @Test
    void carriesManyBytesBothWaysUnchanged() throws Exception {
        try (Pair pair = Pair.connect()) {
            MuxedStream stream = pair.ours().open(Pair.TIMEOUT);
            CompletableFuture<Bytes> up = Pair.inBackground(() -> send(stream, 64 * MIB, 1));
            MuxedStream other = pair.theirs().accept();
            CompletableFuture<Bytes> down = Pair.inBackground(() -> send(other, 64 * MIB, 2));
            CompletableFuture<Bytes> received = Pair.inBackground(() -> receive(other));
            assertThat(receive(stream)).isEqualTo(down.get());
            assertThat(received.get()).isEqualTo(up.get());
        }
    }

    private static Bytes send(MuxedStream stream, int size, long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        MessageDigest digest = Bytes.sha256();
        byte[] chunk = new byte[100_000];
        for (int sent = 0; sent < size; sent += chunk.length) {
            random.nextBytes(chunk);
            digest.update(chunk);
            stream.write(chunk, 0, chunk.length);
        }
        stream.closeWrite();
        return Bytes.of(digest.digest());
    }

    private static Bytes receive(MuxedStream stream) throws IOException {
        MessageDigest digest = Bytes.sha256();
        byte[] buffer = new byte[70_000];
        int count = stream.read(buffer, 0, buffer.length);
        while (count >= 0) {
            digest.update(buffer, 0, count);
            count = stream.read(buffer, 0, buffer.length);
        }
        return Bytes.of(digest.digest());
    }
}
