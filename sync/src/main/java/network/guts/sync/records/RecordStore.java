package network.guts.sync.records;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.Multihash;
import network.guts.core.PublicKey;
import network.guts.core.SignedEnvelope;
import network.guts.runtime.Database;
import network.guts.sync.core.DelegateViews;
import network.guts.sync.core.IdentityChain;
import network.guts.sync.model.Equivocation;
import network.guts.sync.model.Fresh;
import network.guts.sync.model.PackDescriptor;
import network.guts.sync.model.PackId;
import network.guts.sync.model.RefsBody;
import network.guts.sync.model.RefsHeader;
import network.guts.sync.model.RepositoryId;
import network.guts.sync.model.Signed;
import network.guts.sync.model.SignedIdentity;
import network.guts.sync.wire.PackDescriptorCodec;
import network.guts.sync.wire.RefsBodyCodec;
import network.guts.sync.wire.SignedRecords;

/**
 * The records of all repositories of a node, on disk. Every {@code put} has been committed and synced when it returns,
 * so a header that was stored may leave the process. Thread-safe, blocking.
 *
 * <p>Records are stored as the exact bytes that were signed, and verified again when they are read.
 */
public final class RecordStore {
    /** Decoded bodies that stay in memory, by the bytes they came from: a large repository's body has some MB. */
    private static final long BODY_CACHE_BYTES = 32L << 20;

    /** The same for descriptors. */
    private static final long DESCRIPTOR_CACHE_BYTES = 16L << 20;

    private final Database database;

    private final Cache<Bytes, Body> bodies = Caffeine.newBuilder()
            .maximumWeight(BODY_CACHE_BYTES)
            .weigher((Bytes hash, Body body) -> 200 + body.encoded().size())
            .build();

    private final Cache<PackId, Descriptor> descriptors = Caffeine.newBuilder()
            .maximumWeight(DESCRIPTOR_CACHE_BYTES)
            .weigher((PackId id, Descriptor descriptor) ->
                    200 + descriptor.encoded().size())
            .build();

    /** A body with the exact bytes that its hash is over. */
    public record Body(RefsBody value, Bytes encoded) {}

    /** A descriptor with its canonical bytes. */
    public record Descriptor(PackDescriptor value, Bytes encoded) {}

    /** Opens the store's tables in {@code database}, which stays the caller's to close. */
    public RecordStore(Database database) throws IOException {
        this.database = database;
        database.migrate("sync", RecordSchema.STEPS);
    }

    private void commit(Database.Work<Integer> work) throws IOException {
        database.transaction(work);
    }

    private static int touch(Connection sql, RepositoryId repository) throws SQLException {
        return Rows.update(sql, "INSERT OR IGNORE INTO sync_repository (id) VALUES (?)", key(repository));
    }

    private static Bytes key(RepositoryId repository) {
        return repository.hash().digest();
    }

    /** Every repository of which anything is stored, in order. */
    public List<RepositoryId> repositories() throws IOException {
        return database.read(sql -> Rows.query(
                sql,
                row -> new RepositoryId(new Multihash(Multihash.SHA2_256, Bytes.of(row.getBytes(1)))),
                "SELECT id FROM sync_repository ORDER BY id"));
    }

    /** Stores a chain with its forks, and which of them is applied; identities that are in neither stay. */
    public void putChain(IdentityChain chain) throws IOException {
        commit(sql -> {
            touch(sql, chain.repository());
            Rows.update(sql, "UPDATE sync_identity SET applied = 0 WHERE repository = ?", key(chain.repository()));
            for (SignedIdentity revision : chain.revisions()) {
                putIdentity(sql, chain.repository(), revision, true);
            }
            for (SignedIdentity fork : chain.forks()) {
                putIdentity(sql, chain.repository(), fork, false);
            }
            return chain.revisions().size();
        });
    }

    private static void putIdentity(Connection sql, RepositoryId repository, SignedIdentity identity, boolean applied)
            throws SQLException {
        Rows.update(
                sql,
                "INSERT OR REPLACE INTO sync_identity (repository, hash, revision, envelopes, applied)"
                        + " VALUES (?, ?, ?, ?, ?)",
                key(repository),
                identity.hash(),
                identity.value().revision(),
                Rows.join(identity.envelopes()),
                applied);
    }

    /** All identities that are stored of {@code repository}, by revision. */
    public List<SignedIdentity> identities(RepositoryId repository) throws IOException {
        return all(
                row -> SignedRecords.openIdentity(Rows.split(row)),
                "SELECT envelopes FROM sync_identity WHERE repository = ? ORDER BY revision, hash",
                key(repository));
    }

    /** The hashes of the chain that was applied last, by revision: what a resolution stays with. */
    public List<Bytes> applied(RepositoryId repository) throws IOException {
        return database.read(sql -> Rows.query(
                sql,
                row -> Bytes.of(row.getBytes(1)),
                "SELECT hash FROM sync_identity WHERE repository = ? AND applied = 1 ORDER BY revision",
                key(repository)));
    }

    /** Stores headers; all of them, or none. They are on disk when this returns. */
    public void putHeaders(Collection<Signed<RefsHeader>> headers) throws IOException {
        commit(sql -> {
            int rows = 0;
            for (Signed<RefsHeader> header : headers) {
                touch(sql, header.value().repository());
                rows += putHeader(sql, header);
            }
            return rows;
        });
    }

    /** Stores a header with its body, in one transaction. On disk when this returns. */
    public void put(Signed<RefsHeader> header, byte[] body) throws IOException {
        if (!Bytes.sha256(body).equals(header.value().body())) {
            throw new IllegalArgumentException("the body of another header");
        }
        commit(sql -> {
            touch(sql, header.value().repository());
            Rows.update(
                    sql,
                    "INSERT OR IGNORE INTO sync_body (hash, bytes) VALUES (?, ?)",
                    header.value().body(),
                    body);
            return putHeader(sql, header);
        });
    }

    private static int putHeader(Connection sql, Signed<RefsHeader> header) throws SQLException {
        return Rows.update(
                sql,
                "INSERT OR IGNORE INTO sync_header (repository, signer, sequence, hash, body, envelope)"
                        + " VALUES (?, ?, ?, ?, ?, ?)",
                key(header.value().repository()),
                header.signer().encoded(),
                header.value().sequence(),
                header.hash(),
                header.value().body(),
                header.envelope().encoded());
    }

    /** Stores the body of a header that is stored; one that no header names goes with the next {@link #prune}. */
    public void putBody(byte[] body) throws IOException {
        commit(sql -> Rows.update(
                sql, "INSERT OR IGNORE INTO sync_body (hash, bytes) VALUES (?, ?)", Bytes.sha256(body), body));
    }

    /** The headers that are stored of {@code repository}: signer by signer, by rising sequence. */
    public List<Signed<RefsHeader>> headers(RepositoryId repository) throws IOException {
        return all(
                row -> SignedRecords.openHeader(SignedEnvelope.parse(row)),
                "SELECT envelope FROM sync_header WHERE repository = ? ORDER BY signer, sequence, hash",
                key(repository));
    }

    /** Deletes headers that {@code views} no longer keep, and the bodies that nothing names any more. */
    public void prune(DelegateViews views) throws IOException {
        RepositoryId repository = views.chain().repository();
        Set<Bytes> kept = new LinkedHashSet<>();
        views.headers().forEach(header -> kept.add(header.hash()));
        commit(sql -> {
            List<Bytes> stored = Rows.query(
                    sql,
                    row -> Bytes.of(row.getBytes(1)),
                    "SELECT hash FROM sync_header WHERE repository = ?",
                    key(repository));
            int rows = 0;
            for (Bytes hash : stored) {
                if (!kept.contains(hash)) {
                    rows += Rows.update(
                            sql, "DELETE FROM sync_header WHERE repository = ? AND hash = ?", key(repository), hash);
                }
            }
            return rows == 0 ? 0 : rows + dropOrphans(sql);
        });
    }

    private static int dropOrphans(Connection sql) throws SQLException {
        return Rows.update(sql, "DELETE FROM sync_body WHERE hash NOT IN (SELECT body FROM sync_header)")
                + Rows.update(sql, "DELETE FROM sync_descriptor WHERE pack NOT IN (SELECT pack FROM sync_pack)");
    }

    /** The body of this hash, if its header was stored with it. */
    public Optional<Body> body(Bytes hash) throws IOException {
        Body cached = bodies.getIfPresent(hash);
        if (cached != null) {
            return Optional.of(cached);
        }
        Optional<Body> stored = all(
                        row -> new Body(RefsBodyCodec.decode(row), Bytes.of(row)),
                        "SELECT bytes FROM sync_body WHERE hash = ?",
                        hash)
                .stream()
                .findFirst();
        stored.ifPresent(body -> bodies.put(hash, body));
        return stored;
    }

    /** Stores a delegate's newest word of freshness, in place of the one before. */
    public void putFresh(Signed<Fresh> fresh) throws IOException {
        commit(sql -> {
            touch(sql, fresh.value().repository());
            return Rows.update(
                    sql,
                    "INSERT OR REPLACE INTO sync_fresh (repository, signer, envelope) VALUES (?, ?, ?)",
                    key(fresh.value().repository()),
                    fresh.signer().encoded(),
                    fresh.envelope().encoded());
        });
    }

    /** The newest word of each delegate. */
    public List<Signed<Fresh>> fresh(RepositoryId repository) throws IOException {
        return all(
                row -> SignedRecords.openFresh(SignedEnvelope.parse(row)),
                "SELECT envelope FROM sync_fresh WHERE repository = ? ORDER BY signer",
                key(repository));
    }

    /** Stores evidence of equivocation. It is not pruned. */
    public void putEvidence(Equivocation evidence) throws IOException {
        RepositoryId repository = evidence.first().value().repository();
        commit(sql -> {
            touch(sql, repository);
            return Rows.update(
                    sql,
                    "INSERT OR IGNORE INTO sync_evidence (repository, signer, sequence, first, second)"
                            + " VALUES (?, ?, ?, ?, ?)",
                    key(repository),
                    evidence.signer().encoded(),
                    evidence.sequence(),
                    evidence.first().envelope().encoded(),
                    evidence.second().envelope().encoded());
        });
    }

    /** The evidence that is stored, signer by signer, by rising sequence. */
    public List<Equivocation> evidence(RepositoryId repository) throws IOException {
        List<byte[][]> rows = database.read(sql -> Rows.query(
                sql,
                row -> new byte[][] {row.getBytes(1), row.getBytes(2)},
                "SELECT first, second FROM sync_evidence WHERE repository = ? ORDER BY signer, sequence",
                key(repository)));
        return reopened(
                row -> Equivocation.of(
                        SignedRecords.openHeader(SignedEnvelope.parse(row[0])),
                        SignedRecords.openHeader(SignedEnvelope.parse(row[1]))),
                rows);
    }

    /** Stores that {@code repository} holds a pack, with the pack's descriptor. */
    public PackId putPack(RepositoryId repository, PackDescriptor descriptor) throws IOException {
        byte[] encoded = PackDescriptorCodec.encode(descriptor);
        PackId pack = PackDescriptorCodec.id(encoded);
        commit(sql -> {
            touch(sql, repository);
            Rows.update(sql, "INSERT OR IGNORE INTO sync_descriptor (pack, bytes) VALUES (?, ?)", pack.hash(), encoded);
            return Rows.update(
                    sql,
                    "INSERT OR IGNORE INTO sync_pack (repository, pack) VALUES (?, ?)",
                    key(repository),
                    pack.hash());
        });
        return pack;
    }

    /** Forgets that {@code repository} holds a pack; the descriptor goes with the last that does. */
    public void removePack(RepositoryId repository, PackId pack) throws IOException {
        descriptors.invalidate(pack);
        commit(sql -> {
            int rows = Rows.update(
                    sql, "DELETE FROM sync_pack WHERE repository = ? AND pack = ?", key(repository), pack.hash());
            return rows + dropOrphans(sql);
        });
    }

    /** The packs that {@code repository} holds, in order of ids. */
    public List<PackId> packs(RepositoryId repository) throws IOException {
        return database.read(sql -> Rows.query(
                sql,
                row -> new PackId(Bytes.of(row.getBytes(1))),
                "SELECT pack FROM sync_pack WHERE repository = ? ORDER BY pack",
                key(repository)));
    }

    /** A pack's descriptor, if any repository here holds the pack. */
    public Optional<Descriptor> descriptor(PackId pack) throws IOException {
        Descriptor cached = descriptors.getIfPresent(pack);
        if (cached != null) {
            return Optional.of(cached);
        }
        Optional<Descriptor> stored = all(
                        row -> new Descriptor(PackDescriptorCodec.decode(row), Bytes.of(row)),
                        "SELECT bytes FROM sync_descriptor WHERE pack = ?",
                        pack.hash())
                .stream()
                .findFirst();
        stored.ifPresent(descriptor -> descriptors.put(pack, descriptor));
        return stored;
    }

    /** Sets what this node does for a repository. */
    public void putPolicy(SeedingPolicy policy) throws IOException {
        commit(sql -> {
            touch(sql, policy.repository());
            return Rows.update(
                    sql,
                    "UPDATE sync_repository SET seeded = ?, quota = ? WHERE id = ?",
                    policy.seeded(),
                    policy.quotaBytes(),
                    key(policy.repository()));
        });
    }

    /** What this node does for a repository; not seeded, without a quota, if nothing was set. */
    public SeedingPolicy policy(RepositoryId repository) throws IOException {
        List<SeedingPolicy> rows = database.read(sql -> Rows.query(
                sql,
                row -> new SeedingPolicy(repository, row.getInt(1) != 0, row.getLong(2)),
                "SELECT seeded, quota FROM sync_repository WHERE id = ?",
                key(repository)));
        return rows.isEmpty() ? new SeedingPolicy(repository, false, SeedingPolicy.NO_QUOTA) : rows.getFirst();
    }

    /** Notes that a repository is seeded although nobody here asked for it. */
    public void putMirrored(Mirrored mirrored) throws IOException {
        commit(sql -> {
            touch(sql, mirrored.repository());
            return Rows.update(
                    sql,
                    "INSERT OR REPLACE INTO sync_mirrored (repository, signer, ip_group) VALUES (?, ?, ?)",
                    key(mirrored.repository()),
                    mirrored.signer().encoded(),
                    mirrored.group().orElse(""));
        });
    }

    /** From now on the repository is one that was asked for. */
    public void removeMirrored(RepositoryId repository) throws IOException {
        commit(sql -> Rows.update(sql, "DELETE FROM sync_mirrored WHERE repository = ?", key(repository)));
    }

    /** All that nobody here asked for, in order of ids. */
    public List<Mirrored> mirrored() throws IOException {
        List<MirroredRow> rows = database.read(sql -> Rows.query(
                sql,
                row -> new MirroredRow(row.getBytes(1), row.getBytes(2), row.getString(3)),
                "SELECT repository, signer, ip_group FROM sync_mirrored ORDER BY repository"));
        return reopened(
                row -> new Mirrored(
                        new RepositoryId(new Multihash(Multihash.SHA2_256, Bytes.of(row.repository()))),
                        PublicKey.parse(row.signer()),
                        Optional.of(row.group()).filter(group -> !group.isEmpty())),
                rows);
    }

    @SuppressWarnings("ArrayRecordComponent")
    private record MirroredRow(byte[] repository, byte[] signer, String group) {}

    /** How many repositories there are of each standing. */
    public List<Standing> standings() throws IOException {
        return database.read(sql -> Rows.query(
                sql,
                row -> new Standing(row.getInt(1) != 0, row.getInt(2) != 0, row.getLong(3)),
                "SELECT seeded, sync_mirrored.repository IS NOT NULL, COUNT(*) FROM sync_repository"
                        + " LEFT JOIN sync_mirrored ON sync_mirrored.repository = sync_repository.id GROUP BY 1, 2"));
    }

    /**
     * Repositories that are alike in why they are here.
     *
     * @param mirrored nobody here asked for them
     */
    public record Standing(boolean seeded, boolean mirrored, long count) {}

    /** Notes that something new was heard of a repository that is stored; milliseconds are kept. */
    public void heardOf(RepositoryId repository, Instant time) throws IOException {
        commit(sql -> Rows.update(sql, "UPDATE sync_repository SET heard_of = ? WHERE id = ?", time, key(repository)));
    }

    /** When something new was last heard of a repository. */
    public Optional<Instant> heardOf(RepositoryId repository) throws IOException {
        return database
                .read(sql -> Rows.query(
                        sql,
                        row -> row.getLong(1),
                        "SELECT heard_of FROM sync_repository WHERE id = ? AND heard_of > 0",
                        key(repository)))
                .stream()
                .findFirst()
                .map(Instant::ofEpochMilli);
    }

    /** Deletes all that is stored of a repository; false if nothing was. */
    public boolean delete(RepositoryId repository) throws IOException {
        int rows = database.transaction(sql -> {
            int count = 0;
            for (String table : RecordSchema.TABLES) {
                count += Rows.update(sql, "DELETE FROM " + table + " WHERE repository = ?", key(repository));
            }
            count += Rows.update(sql, "DELETE FROM sync_repository WHERE id = ?", key(repository));
            return count + dropOrphans(sql);
        });
        bodies.invalidateAll();
        descriptors.invalidateAll();
        return rows > 0;
    }

    /** Makes a record of what was stored of it. */
    @FunctionalInterface
    private interface Opening<R, T> {
        T open(R row) throws MalformedException;
    }

    /** The records of a query that selects their bytes. */
    private <T> List<T> all(Opening<byte[], T> opening, String query, Bytes key) throws IOException {
        return reopened(opening, database.read(sql -> Rows.query(sql, row -> row.getBytes(1), query, key)));
    }

    private static <R, T> List<T> reopened(Opening<R, T> opening, List<R> rows) throws IOException {
        List<T> all = new ArrayList<>();
        try {
            for (R row : rows) {
                all.add(opening.open(row));
            }
        } catch (MalformedException e) {
            throw Rows.damaged(e);
        }
        return all;
    }
}
