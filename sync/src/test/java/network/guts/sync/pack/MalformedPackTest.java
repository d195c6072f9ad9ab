package network.guts.sync.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import network.guts.core.Bytes;
import network.guts.sync.model.ObjectId;
import network.guts.sync.model.PackDescriptor;
import network.guts.sync.pack.PackException.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MalformedPackTest {
    private static final PackLimits LIMITS = new PackLimits(2, 16 << 20, 1 << 24, 200, 1 << 20);
    private static final byte[] FIVE = RawPack.bytes("hello");
    private static final ObjectId NOWHERE = new ObjectId(Bytes.fromHex("12".repeat(20)));

    @TempDir
    private Path folder;

    private Throwable parse(byte[] pack, PackDescriptor descriptor, ObjectSource before) throws Exception {
        Path file = Files.write(Files.createTempFile(folder, "p", ".pack"), pack);
        return catchThrowable(() -> {
            try (PackIndexer indexer = PackIndexer.open(file, descriptor, LIMITS)) {
                for (int i = 0; i < descriptor.chunks().size(); i++) {
                    indexer.chunkArrived(i);
                }
                indexer.finish(before).close();
            }
        });
    }

    private void refuses(RawPack raw, Kind kind, String... words) throws Exception {
        byte[] pack = raw.build();
        refuses(pack, raw.descriptor(pack, 4096), kind, words);
    }

    private void refuses(byte[] pack, PackDescriptor descriptor, Kind kind, String... words) throws Exception {
        Throwable thrown = parse(pack, descriptor, ObjectSource.EMPTY);
        assertThat(thrown).isInstanceOf(PackException.class).hasMessageContainingAll(concat(words));
        assertThat(((PackException) thrown).kind()).as(thrown.getMessage()).isEqualTo(kind);
    }

    /** The library wants one word at least. */
    private static String[] concat(String... words) {
        return words.length == 0 ? new String[] {""} : words;
    }

    @Test
    void header() throws Exception {
        for (int at : new int[] {0, 7}) {
            RawPack raw = new RawPack().blob("x");
            byte[] pack = raw.build();
            pack[at] ^= 1;
            refuses(pack, raw.descriptor(pack, 4096), Kind.MALFORMED, "version 2");
        }
    }

    @Test
    void countOfObjects() throws Exception {
        RawPack raw = new RawPack().blob("x").blob("y");
        byte[] pack = raw.build(3);
        refuses(pack, raw.descriptor(pack, 4096), Kind.DESCRIPTOR, "3 objects");
        PackDescriptor both = RawPack.describe(pack, 4096, List.of(12L), 3, List.of());
        refuses(pack, both, Kind.MALFORMED, "there are 2");
    }

    @Test
    void trailerAndTruncation() throws Exception {
        RawPack raw = new RawPack().blob("hello, world");
        byte[] pack = raw.build();
        pack[pack.length - 1] ^= 1;
        refuses(pack, raw.descriptor(pack, 4096), Kind.MALFORMED, "trailer");
        byte[] cut = Arrays.copyOf(raw.build(), pack.length - 7);
        refuses(cut, raw.descriptor(cut, 4096), Kind.MALFORMED, "offset 12");
        byte[] trailing = Arrays.copyOf(raw.build(), pack.length + 7);
        refuses(trailing, raw.descriptor(trailing, 4096), Kind.MALFORMED);
        byte[] whole = raw.build();
        refuses(cut, raw.descriptor(whole, 4096), Kind.DESCRIPTOR, "the file has");
    }

    @Test
    void zlibStreams() throws Exception {
        byte[] zipped = RawPack.zip(FIVE);
        byte[] bad = zipped.clone();
        bad[0] = 0x11;
        refuses(new RawPack().raw(RawPack.header(3, 5), bad), Kind.MALFORMED, "offset 12", "zlib");
        byte[] checksum = zipped.clone();
        checksum[checksum.length - 1] ^= 1;
        refuses(new RawPack().raw(RawPack.header(3, 5), checksum), Kind.MALFORMED, "zlib");
        refuses(new RawPack().raw(RawPack.header(3, 4), zipped), Kind.MALFORMED, "more than its 4");
        refuses(new RawPack().raw(RawPack.header(3, 6), zipped), Kind.MALFORMED, "5 bytes instead of 6");
        refuses(new RawPack().raw(RawPack.header(1, 4), zipped), Kind.MALFORMED, "more than its 4");
        byte[] half = Arrays.copyOf(zipped, zipped.length - 3);
        refuses(new RawPack().raw(RawPack.header(3, 5), half), Kind.MALFORMED);
    }

    @Test
    void entryHeaders() throws Exception {
        refuses(new RawPack().raw(RawPack.header(0, 5), RawPack.zip(FIVE)), Kind.MALFORMED, "no type 0");
        refuses(new RawPack().raw(RawPack.header(5, 5), RawPack.zip(FIVE)), Kind.MALFORMED, "no type 5");
        byte[] endless = new byte[30];
        Arrays.fill(endless, (byte) 0xff);
        refuses(new RawPack().raw(endless), Kind.MALFORMED, "size");
    }

    @Test
    void sizesBeyondTheLimits() throws Exception {
        refuses(new RawPack().raw(RawPack.header(3, 1L << 31), RawPack.zip(FIVE)), Kind.TOO_LARGE, "2147483648");
        refuses(new RawPack().raw(RawPack.header(3, 1 << 23), RawPack.zip(FIVE)), Kind.MALFORMED, "so short");
        // A bomb of one object after the other: 200 × the packed size + 1 MiB are allowed here.
        RawPack bomb = new RawPack();
        for (int i = 0; i < 8; i++) {
            byte[] zeros = new byte[(1 << 22) + i];
            bomb.whole(3, zeros);
        }
        refuses(bomb, Kind.TOO_LARGE, "together");
        // A bomb of deltas: small bytes that copy a large base again and again.
        RawPack deltas = new RawPack().whole(3, new byte[1 << 16]);
        for (int i = 0; i < 200; i++) {
            deltas.ofs(12, RawPack.delta(1 << 16, (1 << 16) + 1, 0x80, 1, i));
        }
        refuses(deltas, Kind.TOO_LARGE, "together");
    }

    @Test
    void deltas() throws Exception {
        long base = 12;
        @SuppressWarnings("ArrayRecordComponent")
        record Case(byte[] delta, String word) {}
        for (Case bad : List.of(
                new Case(RawPack.delta(6, 5, 0x90, 5), "base of 6 bytes"),
                new Case(RawPack.delta(5, 5, 0x90, 6), "outside"),
                new Case(RawPack.delta(5, 5, 0x91, 4, 5), "outside"),
                new Case(RawPack.delta(5, 5, 0x98, 0xff, 5), "outside"),
                new Case(RawPack.delta(5, 6, 0x90, 5), "5 bytes instead of 6"),
                new Case(RawPack.delta(5, 4, 0x90, 5), "more than the 4"),
                new Case(RawPack.delta(5, 1, 2, 'a', 'b'), "more than the 1"),
                new Case(RawPack.delta(5, 5, 0), "instruction 0"),
                new Case(RawPack.delta(5, 5, 4, 'a'), "cut off"),
                new Case(RawPack.delta(5, 5, 0xff, 1), "cut off"),
                new Case(new byte[] {(byte) 0x85}, "no valid size"),
                new Case(new byte[0], "no valid size"))) {
            refuses(new RawPack().whole(3, FIVE).ofs(base, bad.delta()), Kind.MALFORMED, bad.word(), "offset 26");
        }
    }

    @Test
    void bases() throws Exception {
        byte[] delta = RawPack.delta(5, 5, 0x90, 5);
        refuses(new RawPack().whole(3, FIVE).ofs(13, delta), Kind.MALFORMED, "no entry begins at offset 13");
        refuses(new RawPack().whole(3, FIVE).ofs(3, delta), Kind.MALFORMED, "outside the pack");
        refuses(new RawPack().whole(3, FIVE).ofs(26, delta), Kind.MALFORMED, "outside the pack");
        refuses(new RawPack().ref(NOWHERE, delta), Kind.MISSING_BASE, "offset 12", NOWHERE.toString());
        // Two deltas that are each other's base can only be named by ids: nobody can know these, so any will do.
        refuses(new RawPack().ref(NOWHERE, delta).ofs(12, delta), Kind.MISSING_BASE, NOWHERE.toString());
    }

    @Test
    void circlesThroughObjectsThatAreElsewhere() throws Exception {
        ObjectId one = RawPack.id("blob", RawPack.bytes("one!!"));
        ObjectId two = RawPack.id("blob", RawPack.bytes("two!!"));
        RawPack raw = new RawPack()
                .ref(two, RawPack.delta(5, 5, 5, 'o', 'n', 'e', '!', '!'))
                .ref(one, RawPack.delta(5, 5, 5, 't', 'w', 'o', '!', '!'));
        byte[] pack = raw.build();
        ObjectSource elsewhere = source(Map.of(one, "one!!", two, "two!!"));
        Throwable thrown = parse(pack, raw.descriptor(pack, 4096), elsewhere);
        assertThat(thrown).isInstanceOf(PackException.class).hasMessageContaining("made from it");
        Path file = Files.write(folder.resolve("circle.pack"), pack);
        assertThat(catchThrowable(() -> PackDescriptors.describe(file, List.of(), elsewhere, LIMITS)))
                .isInstanceOf(PackException.class)
                .hasMessageContaining("is in the pack");
    }

    static ObjectSource source(Map<ObjectId, String> blobs) {
        return new ObjectSource() {
            @Override
            public Optional<ObjectType> type(ObjectId id) {
                return Optional.ofNullable(blobs.get(id)).map(text -> ObjectType.BLOB);
            }

            @Override
            public Optional<GitObject> read(ObjectId id) {
                return Optional.ofNullable(blobs.get(id))
                        .map(text -> new GitObject(ObjectType.BLOB, RawPack.bytes(text)));
            }
        };
    }

    @Test
    void basesThatTheDescriptorNames() throws Exception {
        ObjectId base = RawPack.id("blob", FIVE);
        RawPack raw = new RawPack().ref(base, RawPack.delta(5, 6, 0x90, 5, 1, '!'));
        byte[] pack = raw.build();
        ObjectSource before = source(Map.of(base, "hello"));
        assertThat(parse(pack, raw.descriptor(pack, 4096, base), before)).isNull();
        assertThat(parse(pack, raw.descriptor(pack, 4096), before)).hasMessageContaining(base.toString());
        RawPack self = new RawPack().blob("x");
        byte[] selfContained = self.build();
        assertThat(parse(selfContained, self.descriptor(selfContained, 4096, base), before))
                .isInstanceOf(PackException.class)
                .hasMessageContaining("names 1 bases");
    }

    @Test
    void oneObjectTwice() throws Exception {
        refuses(
                new RawPack().blob("same").blob("same"),
                Kind.DUPLICATE,
                RawPack.id("blob", RawPack.bytes("same")).toString());
        refuses(new RawPack().blob("hello").ofs(12, RawPack.delta(5, 5, 0x90, 5)), Kind.DUPLICATE, "twice in the pack");
    }

    @Test
    void firstEntries() throws Exception {
        RawPack raw = new RawPack().blob("one").blob("two").blob("three");
        byte[] pack = raw.build();
        for (List<Long> offsets : List.of(List.of(12L, 25L, 36L), List.of(12L, 37L))) {
            assertThat(parse(pack, RawPack.describe(pack, 16, offsets, 3, List.of()), ObjectSource.EMPTY))
                    .isInstanceOf(PackException.class);
        }
        refuses(pack, RawPack.describe(pack, 16, List.of(13L, 24L, 36L), 3, List.of()), Kind.DESCRIPTOR);
        refuses(pack, RawPack.describe(pack, 16, List.of(), 3, List.of()), Kind.DESCRIPTOR);
        refuses(pack, RawPack.describe(pack, 16, List.of(12L), 3_000, List.of()), Kind.DESCRIPTOR, "3000 objects");
        PackDescriptor good = raw.descriptor(pack, 16);
        assertThat(parse(pack, good, ObjectSource.EMPTY)).isNull();
        PackDescriptor fewer =
                new PackDescriptor(good.size(), 3, 16, good.chunks().subList(0, 2), List.of(), List.of());
        refuses(pack, fewer, Kind.DESCRIPTOR, "2 chunks");
    }

    @Test
    void anyBitThatFlipsIsFound() throws Exception {
        ObjectId base = RawPack.id("blob", FIVE);
        RawPack raw = new RawPack()
                .blob("hello, hello, hello")
                .ofs(12, RawPack.delta(19, 20, 0x90, 19, 1, '!'))
                .ref(base, RawPack.delta(5, 6, 0x90, 5, 1, '!'))
                .whole(2, new byte[0]);
        byte[] good = raw.build();
        ObjectSource before = source(Map.of(base, "hello"));
        SplittableRandom random = new SplittableRandom(11);
        for (int i = 0; i < 300; i++) {
            byte[] bad = good.clone();
            int bit = random.nextInt(bad.length * 8);
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(parse(bad, raw.descriptor(good, 50, base), before))
                    .as("bit %d", bit)
                    .isInstanceOf(PackException.class);
        }
    }
}
