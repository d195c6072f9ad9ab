package network.guts.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import network.guts.core.PrivateKey;
import network.guts.sync.Repositories.Fetched;
import network.guts.sync.model.PackDescriptor;
import network.guts.sync.model.PackId;
import network.guts.sync.model.Ref;
import network.guts.sync.model.RefsBody;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.pack.RawPack;
import network.guts.sync.protocol.SyncSource;
import network.guts.sync.testing.ChangedSource;
import network.guts.sync.testing.LogLines;
import network.guts.sync.testing.TestNode;
import network.guts.sync.wire.PackDescriptorCodec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Packs that a delegate signed, hash for hash, and that are none: an object over its declared size, a bomb, objects that
 * do not match. They cost only that delegate's header, and nobody's provider is blamed.
 */
class FetchBadPackTest extends NodesTest {
    private static final int CHUNK = PackDescriptor.CHUNK_SIZE;
    private static final int BLOB = 3;

    /** What is wrong with the pack, and what is said of it. */
    enum Fault {
        OBJECT_OVER_ITS_DECLARED_SIZE("inflates to more than its 5 bytes") {
            @Override
            RawPack raw() {
                return new RawPack().raw(RawPack.header(BLOB, 5), RawPack.zip(RawPack.bytes("hello, world")));
            }
        },
        OBJECT_UNDER_ITS_DECLARED_SIZE("instead of 50") {
            @Override
            RawPack raw() {
                return new RawPack().raw(RawPack.header(BLOB, 50), RawPack.zip(RawPack.bytes("hello, world")));
            }
        },
        OBJECT_OVER_ANY_LIMIT("more than allowed") {
            @Override
            RawPack raw() {
                return new RawPack().raw(RawPack.header(BLOB, 1L << 31), RawPack.zip(new byte[1 << 16]));
            }
        },
        BOMB("together") {
            @Override
            RawPack raw() {
                // As long as it must be to inflate to so much, and more than 200 times that and 1 GiB.
                byte[] noise = new byte[1_600_000];
                new SplittableRandom(1).nextBytes(noise);
                return new RawPack().raw(RawPack.header(BLOB, 1500L << 20), RawPack.zip(noise));
            }
        },
        BOMB_THAT_CANNOT_BE("nothing so short inflates to") {
            @Override
            RawPack raw() {
                return new RawPack().raw(RawPack.header(BLOB, 1500L << 20), RawPack.zip(new byte[1 << 16]));
            }
        },
        NO_TREE("is not valid") {
            @Override
            RawPack raw() {
                return new RawPack().whole(2, RawPack.bytes("no tree at all"));
            }
        },
        MORE_OBJECTS_THAN_IT_HAS("objects") {
            @Override
            byte[] bytes(RawPack raw) {
                return raw.build(2);
            }
        },
        BROKEN_TRAILER("trailer") {
            @Override
            byte[] bytes(RawPack raw) {
                byte[] pack = raw.build();
                pack[pack.length - 1] ^= 1;
                return pack;
            }
        };

        final String said;

        Fault(String said) {
            this.said = said;
        }

        RawPack raw() {
            return new RawPack().blob("hello, world");
        }

        byte[] bytes(RawPack raw) {
            return raw.build();
        }
    }

    private final LogLines log = new LogLines(network.guts.sync.fetch.Fetcher.class.getPackage());

    @AfterEach
    void closeLog() {
        log.close();
    }

    /** Serves one pack more than the node holds. */
    private static final class WithPack extends ChangedSource {
        private final PackId id;
        private final PackDescriptor descriptor;
        private final byte[] bytes;

        WithPack(SyncSource real, PackId id, PackDescriptor descriptor, byte[] bytes) {
            super(real);
            this.id = id;
            this.descriptor = descriptor;
            this.bytes = bytes;
        }

        @Override
        public Optional<Held> pack(RepositoryId repository, PackId pack) throws IOException {
            return pack.equals(id)
                    ? Optional.of(held(
                            PackDescriptorCodec.encode(descriptor),
                            descriptor.chunks().size(),
                            chunk -> Arrays.copyOfRange(
                                    bytes, chunk * CHUNK, Math.min(bytes.length, (chunk + 1) * CHUNK))))
                    : super.pack(repository, pack);
        }
    }

    /** {@code signer} signs that the repository is what is in the bad pack. */
    private static void signBadPack(Node publisher, PrivateKey signer, RepositoryId id, long sequence, Fault fault)
            throws IOException {
        RawPack raw = fault.raw();
        byte[] bytes = fault.bytes(raw);
        PackDescriptor descriptor = raw.descriptor(bytes, CHUNK);
        PackId bad = PackDescriptorCodec.id(descriptor);
        Ref ref = new Ref("refs/tags/evil", RawPack.id("blob", RawPack.bytes("hello, world")));
        sign(publisher, signer, id, sequence, new RefsBody(List.of(ref), List.of(bad), List.of(), List.of()));
        publisher.restart();
        publisher.serve(real -> new WithPack(real, bad, descriptor, bytes));
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void ofOneOfTwoDelegates(Fault fault) throws IOException {
        Node publisher = node();
        Path source = source(0);
        RepositoryId id = publisher.publish(source).repository();
        PrivateKey second = TestNode.newKey();
        addDelegate(publisher, id, second);
        signBadPack(publisher, second, id, 1, fault);

        Node reader = node();
        Fetched fetched = reader.fetch(id);
        assertSame(reader, id, source);
        assertThat(fetched.blamed()).containsOnlyKeys(second.publicKey().peerId());
        assertThat(fetched.blamed().get(second.publicKey().peerId())).contains(fault.said);
        assertThat(log.lines())
                .anyMatch(line -> line.startsWith("WARN")
                        && line.contains("delegate " + second.publicKey().peerId())
                        && line.contains(fault.said));
        Fetched again = reader.fetch(id);
        assertThat(again.bytes()).as("it is not fetched again").isZero();
        assertThat(again.changed()).isFalse();
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void ofTheOnlyDelegate(Fault fault) throws IOException {
        Node publisher = node();
        Path source = source(0);
        RepositoryId id = publisher.publish(source).repository();
        RefsBody good = ownBody(publisher, id);
        signBadPack(publisher, publisher.key, id, 2, fault);
        Node reader = node();
        assertThatThrownBy(() -> reader.fetch(id))
                .asInstanceOf(type(SyncException.class))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(SyncException.Kind.FAILED))
                .satisfies(e -> assertThat(e.getMessage())
                        .contains(publisher.key.publicKey().peerId().toString(), fault.said));
        assertThat(reader.repositories.list()).isEmpty();

        sign(publisher, publisher.key, id, 3, good);
        publisher.restart();
        reader.fetch(id);
        assertSame(reader, id, source);
    }
}
