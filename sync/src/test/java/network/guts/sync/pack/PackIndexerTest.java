package network.guts.sync.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.PackDescriptor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PackIndexerTest {
    private static final PackLimits LIMITS = new PackLimits(
            2, 64 << 20, PackLimits.MAX_OBJECT_BYTES, PackLimits.INFLATION_RATIO, PackLimits.INFLATION_ALLOWANCE);

    @TempDir
    private Path folder;

    @ParameterizedTest(name = "seed {0}, chunks of {1}, depth {2}, offsets {3}")
    @CsvSource({
        "1, 1048576, 50, true",
        "2, 1048576, 50, false",
        "3, 100, 50, true",
        "4, 1000, 4, false",
        "5, 4096, 250, true",
        "6, 13, 50, true"
    })
    void readsWhatGitPacks(long seed, int chunkSize, int depth, boolean offsets) throws Exception {
        GitSandbox git = GitSandbox.random(folder.resolve("repo"), seed, 60);
        List<Object> options = new ArrayList<>(List.of("--no-reuse-delta", "--window=50", "--depth=" + depth));
        if (offsets) {
            options.add("--delta-base-offset");
        }
        options.add("--all");
        Path pack = git.pack(folder.resolve("a.pack"), "", options.toArray());
        git.git("index-pack", "-o", folder.resolve("git.idx"), pack);

        var described = PackDescriptors.describe(pack, List.of(), ObjectSource.EMPTY, LIMITS, chunkSize);
        described.pack().writeIndex(folder.resolve("whole.idx"));
        described.pack().close();
        assertThat(folder.resolve("whole.idx")).hasSameBinaryContentAs(folder.resolve("git.idx"));

        try (ParsedPack parsed = parse(pack, described.descriptor(), ObjectSource.EMPTY, seed)) {
            parsed.writeIndex(folder.resolve("chunks.idx"));
            assertThat(folder.resolve("chunks.idx")).hasSameBinaryContentAs(folder.resolve("git.idx"));
            assertThat(parsed.bases()).isEmpty();
            for (ObjectId id : List.of(git.id("main"), git.id("main^{tree}"), git.id("main:file0"))) {
                GitObject object = parsed.read(id).orElseThrow();
                assertThat(RawPack.id(object.type().toString(), object.data())).isEqualTo(id);
            }
            assertThat(Connectivity.check(List.of(), List.of(parsed), ObjectSource.EMPTY))
                    .isEqualTo(new Connectivity.Result.Complete());
        }
    }

    @Test
    void aPackInsideABlobIsNotTakenForThePackItself() throws Exception {
        // A blob that deflate stores as it is, with a whole pack in it: whoever looks for entries finds those.
        RawPack inner = new RawPack();
        Random random = new Random(7);
        for (int i = 0; i < 200; i++) {
            byte[] data = new byte[60 + random.nextInt(40)];
            random.nextBytes(data);
            inner.whole(3, data);
        }
        byte[] stored = inner.build();
        RawPack raw = new RawPack().blob("before").whole(3, stored).blob("after");
        Path file = Files.write(folder.resolve("nested.pack"), raw.build());
        for (int chunkSize : List.of(13, 100, 1000, 1 << 20)) {
            try (ParsedPack parsed = PackDescriptors.describe(file, List.of(), ObjectSource.EMPTY, LIMITS, chunkSize)
                    .pack()) {
                assertThat(parsed.ids())
                        .as("chunks of %d", chunkSize)
                        .containsExactlyInAnyOrder(
                                RawPack.id("blob", RawPack.bytes("before")),
                                RawPack.id("blob", stored),
                                RawPack.id("blob", RawPack.bytes("after")));
                assertThat(parsed.inflatedBytes()).isEqualTo(6 + stored.length + 5);
            }
        }
    }

    /** Chunks arrive in an order of chance, some twice, into a file that was empty before. */
    static ParsedPack parse(Path pack, PackDescriptor descriptor, ObjectSource before, long seed) throws IOException {
        byte[] whole = Files.readAllBytes(pack);
        Path arriving = pack.resolveSibling(pack.getFileName() + ".arriving");
        try (var file = new java.io.RandomAccessFile(arriving.toFile(), "rw")) {
            file.setLength(whole.length);
            List<Integer> order = new ArrayList<>();
            for (int i = 0; i < descriptor.chunks().size(); i++) {
                order.add(i);
            }
            Collections.shuffle(order, new Random(seed));
            try (PackIndexer indexer = PackIndexer.open(arriving, descriptor, LIMITS)) {
                for (int chunk : order) {
                    int start = chunk * descriptor.chunkSize();
                    file.seek(start);
                    file.write(whole, start, descriptor.chunkLength(chunk));
                    indexer.chunkArrived(chunk);
                    indexer.chunkArrived(chunk);
                }
                ParsedPack parsed = indexer.finish(before);
                assertThat(indexer.objectsDone()).isEqualTo(descriptor.objects());
                return parsed;
            }
        }
    }

    @Test
    void readsAPackWithoutObjects() throws Exception {
        RawPack raw = new RawPack();
        byte[] pack = raw.build();
        Path file = Files.write(folder.resolve("empty.pack"), pack);
        try (ParsedPack parsed = parse(file, raw.descriptor(pack, 1000), ObjectSource.EMPTY, 1)) {
            assertThat(parsed.objects()).isZero();
        }
    }

    @Test
    void bigObjectsSpanManyChunksAndExceedTheShareOfAThread() throws Exception {
        byte[] big = new byte[3 << 20];
        new Random(3).nextBytes(big);
        RawPack raw = new RawPack().whole(3, big);
        int half = big.length / 2;
        // Copies of 64 KiB, from the end to the start.
        List<Integer> instructions = new ArrayList<>();
        for (int at = 0; at < half / 0x10000; at++) {
            instructions.addAll(List.of(0x84, at));
        }
        byte[] delta = RawPack.delta(
                big.length,
                instructions.size() / 2 * 0x10000,
                instructions.stream().mapToInt(Integer::intValue).toArray());
        raw.ofs(12, delta);
        byte[] pack = raw.build();
        Path file = Files.write(folder.resolve("big.pack"), pack);
        PackLimits tight = new PackLimits(4, 8 << 20, 1 << 30, 200, 1 << 30);
        try (PackIndexer indexer = PackIndexer.open(file, raw.descriptor(pack, 1000), tight)) {
            for (int i = 0; i < (pack.length + 999) / 1000; i++) {
                indexer.chunkArrived(i);
            }
            indexer.finish(ObjectSource.EMPTY).close();
        }
        PackLimits tooTight = new PackLimits(4, 4 << 20, 1 << 30, 200, 1 << 30);
        assertThatThrownBy(() -> PackDescriptors.describe(file, List.of(), ObjectSource.EMPTY, tooTight))
                .isInstanceOf(PackException.class)
                .hasMessageContaining("memory");
    }

    @Test
    void droppedBasesAreMadeAgain() throws Exception {
        // A chain of large objects, each with two children that have children: more than the memory holds.
        byte[] big = new byte[1 << 19];
        new Random(4).nextBytes(big);
        byte[] same = RawPack.delta(big.length, big.length + 1, 0xc0, 8, 1, 'x');
        assertThat(same).isNotEmpty();
        RawPack raw = new RawPack().whole(3, big);
        long parent = 12;
        int size = big.length;
        for (int level = 0; level < 12; level++) {
            long here = raw.next();
            raw.ofs(parent, grow(size, 'a' + level));
            long side = raw.next();
            raw.ofs(parent, grow(size, 'A' + level));
            raw.ofs(side, grow(size + 1, '0'));
            parent = here;
            size++;
        }
        byte[] pack = raw.build();
        Path file = Files.write(folder.resolve("deep.pack"), pack);
        PackLimits tight = new PackLimits(1, 3 << 20, 1 << 30, 200, 1 << 30);
        try (ParsedPack parsed = PackDescriptors.describe(file, List.of(), ObjectSource.EMPTY, tight)
                .pack()) {
            assertThat(parsed.objects()).isEqualTo(37);
            parsed.writeIndex(folder.resolve("ours.idx"));
        }
        new GitSandbox(folder).git("index-pack", "-o", folder.resolve("git.idx"), file);
        assertThat(folder.resolve("ours.idx")).hasSameBinaryContentAs(folder.resolve("git.idx"));
    }

    /** All of the base in copies of 64 KiB, then a letter. */
    private static byte[] grow(int base, int letter) {
        List<Integer> instructions = new ArrayList<>();
        int at = 0;
        for (; at + 0x10000 <= base; at += 0x10000) {
            instructions.addAll(List.of(0x84, at >> 16));
        }
        int rest = base - at;
        if (rest > 0) {
            instructions.addAll(List.of(0x94 | 0x20, at >> 16, rest & 0xff, rest >> 8));
        }
        instructions.addAll(List.of(1, letter));
        return RawPack.delta(
                base,
                base + 1,
                instructions.stream().mapToInt(Integer::intValue).toArray());
    }

    @Test
    void closingEarlyAbandonsTheWork() throws Exception {
        RawPack raw = new RawPack().blob("one").blob("two");
        byte[] pack = raw.build();
        Path file = Files.write(folder.resolve("some.pack"), pack);
        try (PackIndexer indexer = PackIndexer.open(file, raw.descriptor(pack, 20), LIMITS)) {
            indexer.chunkArrived(1);
            assertThatThrownBy(() -> indexer.finish(ObjectSource.EMPTY)).isInstanceOf(IllegalStateException.class);
        }
    }
}
