package network.guts.sync.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import network.guts.core.Bytes;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.PackDescriptor;
import network.guts.sync.model.PackId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConsolidationTest {
    private static final PackLimits LIMITS = PackLimits.of(16 << 20);

    @TempDir
    private Path folder;

    /** As it would be installed: completed, with its index. */
    private ServedPack served(String name, RawPack raw, ObjectSource before) throws IOException {
        Path thin = Files.write(folder.resolve(name + ".thin"), raw.build());
        Path pack = folder.resolve(name + ".pack");
        try (ParsedPack parsed =
                PackDescriptors.describe(thin, List.of(), before, LIMITS).pack()) {
            PackCompletion.complete(parsed, pack, folder.resolve(name + ".idx"));
            return new ServedPack(
                    new PackId(Bytes.sha256(RawPack.bytes(name))),
                    pack,
                    (position, target, length) -> {
                        throw new IOException("nobody reads it here");
                    },
                    parsed.size(),
                    parsed.objects(),
                    PackDescriptor.CHUNK_SIZE,
                    parsed.trailer());
        }
    }

    private static byte[] grown(int size) {
        return RawPack.delta(size, size + 1, 0xb0, size & 0xff, size >> 8, 1, '!');
    }

    private static RawPack chain(int deltas) {
        RawPack raw = new RawPack().blob("x".repeat(300));
        long base = 12;
        for (int i = 0; i < deltas; i++) {
            long here = raw.next();
            raw.ofs(base, grown(300 + i));
            base = here;
        }
        return raw;
    }

    @Test
    void forbidsChainsOfMoreThan250() throws Exception {
        Path target = folder.resolve("merged.pack");
        Consolidation.merge(List.of(served("long", chain(250), ObjectSource.EMPTY)), target);
        ServedPack tooLong = served("longer", chain(251), ObjectSource.EMPTY);
        assertThatThrownBy(() -> Consolidation.merge(List.of(tooLong), target))
                .isInstanceOf(PackException.class)
                .hasMessageContaining("250");
    }

    @Test
    void forbidsCircles() throws Exception {
        ObjectId one = RawPack.id("blob", RawPack.bytes("one!!"));
        ObjectId two = RawPack.id("blob", RawPack.bytes("two!!"));
        ObjectSource elsewhere = MalformedPackTest.source(Map.of(one, "one!!", two, "two!!"));
        RawPack first = new RawPack().ref(two, RawPack.delta(5, 5, 5, 'o', 'n', 'e', '!', '!'));
        RawPack second = new RawPack().ref(one, RawPack.delta(5, 5, 5, 't', 'w', 'o', '!', '!'));
        List<ServedPack> inputs = List.of(served("one", first, elsewhere), served("two", second, elsewhere));
        assertThatThrownBy(() -> Consolidation.merge(inputs, folder.resolve("merged.pack")))
                .isInstanceOf(PackException.class)
                .hasMessageContaining("250");
    }

    @Test
    void rewritesDistancesToWhatWasKept() throws Exception {
        RawPack first = new RawPack().blob("some text that is long enough").blob("another");
        RawPack second = new RawPack().blob("in front".repeat(40)).blob("some text that is long enough");
        long copy = 12L + RawPack.header(3, 320).length + RawPack.zip(RawPack.bytes("in front".repeat(40))).length;
        second.ofs(copy, RawPack.delta(29, 30, 0x90, 29, 1, '!'));
        Path target = folder.resolve("merged.pack");
        Consolidation.merge(
                List.of(served("one", first, ObjectSource.EMPTY), served("two", second, ObjectSource.EMPTY)), target);
        try (ParsedPack merged = PackDescriptors.describe(target, List.of(), ObjectSource.EMPTY, LIMITS)
                .pack()) {
            assertThat(merged.objects()).isEqualTo(4);
            ObjectId last = RawPack.id("blob", RawPack.bytes("some text that is long enough!"));
            assertThat(merged.read(last).orElseThrow().data())
                    .isEqualTo(RawPack.bytes("some text that is long enough!"));
        }
    }

    @Test
    void differentContentsUnderOneIdStopIt() throws Exception {
        ServedPack first = served("one", new RawPack().blob("first"), ObjectSource.EMPTY);
        ServedPack second = served("two", new RawPack().blob("other"), ObjectSource.EMPTY);
        // An index that lies stands for a collision, which nobody can make here.
        byte[] id = RawPack.id("blob", RawPack.bytes("first")).bytes().toArray();
        PackIndexWriter.write(folder.resolve("two.idx"), id, 1, i -> 12, i -> 0, new byte[20]);
        assertThatThrownBy(() -> Consolidation.merge(List.of(first, second), folder.resolve("merged.pack")))
                .isInstanceOf(PackException.class)
                .hasMessageContaining("two contents");
    }

    @Test
    void distancesAreGits() {
        assertThat(Merge.distance(1)).containsExactly(1);
        assertThat(Merge.distance(127)).containsExactly(127);
        assertThat(Merge.distance(128)).containsExactly(0x80, 0);
        assertThat(Merge.distance(16511)).containsExactly(0xff, 0x7f);
        assertThat(Merge.distance(16512)).containsExactly(0x80, 0x80, 0);
    }
}
