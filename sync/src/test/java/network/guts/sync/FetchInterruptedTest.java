package network.guts.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import network.guts.sync.Repositories.Fetched;
import network.guts.sync.Repositories.Published;
import network.guts.sync.fetch.PartialPack;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.testing.MemoryStream;
import org.junit.jupiter.api.Test;

/** Providers that die, and disks that fill up, in the middle of a fetch. */
class FetchInterruptedTest extends NodesTest {
    private static final int BIG_WRITE = 10_000;

    /** Ends after a few chunks. */
    private static final class Dying extends MemoryStream {
        private final AtomicInteger chunks;

        Dying(MemoryStream stream, AtomicInteger chunks) {
            super(stream);
            this.chunks = chunks;
        }

        @Override
        public void write(byte[] buffer, int offset, int length) throws IOException {
            if (length > BIG_WRITE && chunks.getAndDecrement() <= 0) {
                reset();
            }
            super.write(buffer, offset, length);
        }
    }

    @Test
    void anInterruptedFetchGoesOnWithoutFetchingAVerifiedChunkTwice() throws IOException {
        Node publisher = node();
        Node reader = node();
        Path source = source(8);
        Published published = publisher.publish(source);
        RepositoryId id = published.repository();
        AtomicInteger chunks = new AtomicInteger(3);
        publisher.host.decorate(stream -> new Dying(stream, chunks));
        assertThatThrownBy(() -> reader.fetch(id)).isInstanceOf(SyncException.class);
        assertThat(reader.repositories.list()).isEmpty();
        publisher.host.decorate(stream -> stream);
        reader.repositories.close();
        int verified = reader.heldChunks();
        assertThat(verified).isBetween(1, 3);
        reader.restart();
        Fetched fetched = reader.fetch(id);
        assertThat(fetched.bytes()).isEqualTo(published.bytes() - (long) verified * (1 << 20));
        assertSame(reader, id, source);
    }

    @Test
    void aKilledProvidersChunksComeFromOthers() throws IOException {
        Node publisher = node();
        Node seeder = node();
        Node reader = node();
        Path source = source(8);
        RepositoryId id = publisher.publish(source).repository();
        seeder.seed(id);
        AtomicInteger chunks = new AtomicInteger(1);
        seeder.host.decorate(stream -> new Dying(stream, chunks));
        Fetched fetched = reader.fetch(id);
        assertThat(fetched.bytesByProvider()).containsKey(publisher.host.peerId());
        assertSame(reader, id, source);
    }

    @Test
    void aFullDiskIsAClearErrorAndTheStateIsIntact() throws IOException {
        Node publisher = node();
        Path source = source(4);
        RepositoryId id = publisher.publish(source).repository();
        AtomicInteger room = new AtomicInteger(2);
        PartialPack.Disk full = (FileChannel file, ByteBuffer data, long position) -> {
            if (data.remaining() > BIG_WRITE && room.getAndDecrement() <= 0) {
                throw new IOException("No space left on device");
            }
            PartialPack.Disk.REAL.write(file, data, position);
        };
        Node reader = node(full);
        assertThatThrownBy(() -> reader.fetch(id)).hasMessageContaining("No space left");
        assertThat(reader.repositories.list()).isEmpty();
        reader.restart();
        Fetched fetched = reader.fetch(id);
        assertThat(fetched.blamed()).isEmpty();
        assertSame(reader, id, source);
    }
}
