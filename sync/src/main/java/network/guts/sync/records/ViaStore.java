package network.guts.sync.records;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.Multihash;
import network.guts.core.PeerId;
import network.guts.core.PeerInfo;
import network.guts.runtime.Database;
import network.guts.sync.model.RepositoryId;

/** Who keeps this node's repositories for it, and what it is about to keep for others. Thread-safe. */
public final class ViaStore {
    private static final List<String> STEPS = List.of(
            "CREATE TABLE via_seeder (repository BLOB NOT NULL, seeder BLOB NOT NULL, addresses TEXT NOT NULL,"
                    + " sequence INTEGER NOT NULL, PRIMARY KEY (repository, seeder)) WITHOUT ROWID",
            "CREATE TABLE via_pending (repository BLOB PRIMARY KEY, bytes INTEGER NOT NULL, asked INTEGER NOT NULL)"
                    + " WITHOUT ROWID");

    private static final String SELECT = "SELECT repository, seeder, addresses, sequence FROM via_seeder";

    private final Database database;

    /** Opens the store's tables in {@code database}, which stays the caller's to close. */
    public ViaStore(Database database) throws IOException {
        this.database = database;
        database.migrate("via", STEPS);
    }

    @SuppressWarnings("ArrayRecordComponent")
    private record Row(byte[] repository, byte[] seeder, String addresses, long sequence) {
        ViaSeeder open() throws MalformedException {
            List<Multiaddr> known = new ArrayList<>();
            for (String address : addresses.isEmpty() ? new String[0] : addresses.split(" ")) {
                known.add(Multiaddr.parse(address));
            }
            return new ViaSeeder(id(repository), new PeerInfo(PeerId.parse(seeder), known), sequence);
        }
    }

    private static RepositoryId id(byte[] digest) {
        return new RepositoryId(new Multihash(Multihash.SHA2_256, Bytes.of(digest)));
    }

    private static Bytes key(RepositoryId repository) {
        return repository.hash().digest();
    }

    /** Notes a seeder, or what is new of one. */
    public void put(ViaSeeder one) throws IOException {
        String addresses =
                one.seeder().addresses().stream().map(Multiaddr::toString).collect(Collectors.joining(" "));
        database.transaction(sql -> Rows.update(
                sql,
                "INSERT OR REPLACE INTO via_seeder (repository, seeder, addresses, sequence) VALUES (?, ?, ?, ?)",
                key(one.repository()),
                one.seeder().peer().bytes(),
                addresses,
                one.sequence()));
    }

    /** All seeders of all repositories. */
    public List<ViaSeeder> all() throws IOException {
        return seeders(SELECT + " ORDER BY repository, seeder");
    }

    /** Those of one repository. */
    public List<ViaSeeder> of(RepositoryId repository) throws IOException {
        return seeders(SELECT + " WHERE repository = ? ORDER BY seeder", key(repository));
    }

    private List<ViaSeeder> seeders(String query, Object... values) throws IOException {
        List<Row> rows = database.read(sql -> Rows.query(
                sql,
                row -> new Row(row.getBytes(1), row.getBytes(2), row.getString(3), row.getLong(4)),
                query,
                values));
        List<ViaSeeder> seeders = new ArrayList<>();
        try {
            for (Row row : rows) {
                seeders.add(row.open());
            }
        } catch (MalformedException e) {
            throw Rows.damaged(e);
        }
        return seeders;
    }

    /** Forgets every seeder of a repository. */
    public void forget(RepositoryId repository) throws IOException {
        database.transaction(sql -> Rows.update(sql, "DELETE FROM via_seeder WHERE repository = ?", key(repository)));
    }

    /** Forgets one seeder of a repository. */
    public void forget(RepositoryId repository, PeerId seeder) throws IOException {
        database.transaction(sql -> Rows.update(
                sql, "DELETE FROM via_seeder WHERE repository = ? AND seeder = ?", key(repository), seeder.bytes()));
    }

    /** Notes what this node is about to keep; on disk before its first chunk is. */
    public void put(ViaPending one) throws IOException {
        database.transaction(sql -> Rows.update(
                sql,
                "INSERT OR REPLACE INTO via_pending (repository, bytes, asked) VALUES (?, ?, ?)",
                key(one.repository()),
                one.bytes(),
                one.asked()));
    }

    /** All that is not complete yet. */
    public List<ViaPending> pending() throws IOException {
        return database.read(sql -> Rows.query(
                sql,
                row -> new ViaPending(id(row.getBytes(1)), row.getLong(2), Instant.ofEpochMilli(row.getLong(3))),
                "SELECT repository, bytes, asked FROM via_pending ORDER BY repository"));
    }

    /** It is complete, or given up. */
    public void removePending(RepositoryId repository) throws IOException {
        database.transaction(sql -> Rows.update(sql, "DELETE FROM via_pending WHERE repository = ?", key(repository)));
    }
}
