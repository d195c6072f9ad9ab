package network.guts.dht.shell;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.dht.core.ProvidedKey;
import network.guts.dht.core.ProviderRecord;
import network.guts.dht.core.ProviderRecords;
import network.guts.dht.wire.Messages;
import network.guts.runtime.Database;

/** Provider records of others and the keys that this node provides, in SQLite, with a cache in front of what is hot. */
final class ProviderStore {
    private static final List<String> MIGRATIONS = List.of(
            """
            CREATE TABLE dht_record (
                key BLOB NOT NULL, provider BLOB NOT NULL, peer BLOB NOT NULL, received INTEGER NOT NULL,
                PRIMARY KEY (key, provider)) WITHOUT ROWID""",
            "CREATE INDEX dht_record_provider ON dht_record (provider)",
            "CREATE INDEX dht_record_received ON dht_record (received)",
            """
            CREATE TABLE dht_provided (
                key BLOB PRIMARY KEY, announced INTEGER NOT NULL, addresses BLOB NOT NULL) WITHOUT ROWID""");

    /** Keys whose records are kept in memory: what a popular repository's followers ask for. */
    private static final int CACHED_KEYS = 2_000;

    private static final Duration CACHED_FOR = Duration.ofMinutes(10);

    private final Database database;
    private final DhtMetrics metrics;

    // As the tables have it, so that nobody who only wants to know how many waits for the disk.
    private final AtomicLong kept;
    private final AtomicLong providedKeys;

    private final Cache<Bytes, List<ProviderRecord>> hot = Caffeine.newBuilder()
            .maximumSize(CACHED_KEYS)
            .expireAfterWrite(CACHED_FOR)
            .build();

    /**
     * @throws IOException if the tables cannot be made
     */
    ProviderStore(Database database, DhtMetrics metrics) throws IOException {
        this.database = database;
        this.metrics = metrics;
        database.migrate("dht", MIGRATIONS);
        this.kept = new AtomicLong(size());
        this.providedKeys = new AtomicLong(provided().size());
    }

    /**
     * Keeps a record, or renews it.
     *
     * @return why it is not kept; empty if it is
     * @throws IOException if the database refuses: then nothing has changed
     */
    String put(ProviderRecord record) throws IOException {
        byte[] key = record.key().toArray();
        byte[] provider = record.provider().peer().toBytes();
        boolean[] known = new boolean[1];
        String refusal = database.transaction(sql -> {
            known[0] = count(sql, "key = ? AND provider = ?", key, provider) > 0;
            String full = known[0] ? "" : whyFull(sql, key, provider);
            if (full.isEmpty()) {
                try (PreparedStatement write = sql.prepareStatement(
                        "INSERT OR REPLACE INTO dht_record (key, provider, peer, received) VALUES (?, ?, ?, ?)")) {
                    write.setBytes(1, key);
                    write.setBytes(2, provider);
                    write.setBytes(3, Messages.encodeStored(record.provider()));
                    write.setLong(4, record.received().toEpochMilli());
                    write.executeUpdate();
                }
            }
            return full;
        });
        hot.invalidate(record.key());
        if (refusal.isEmpty()) {
            metrics.recordKept(known[0]);
            kept.addAndGet(known[0] ? 0 : 1);
        } else {
            metrics.recordRefused();
        }
        return refusal;
    }

    private static String whyFull(Connection sql, byte[] key, byte[] provider) throws SQLException {
        if (count(sql, "key = ?", key) >= ProviderRecords.MAX_PER_KEY) {
            return "the key has as many providers as are kept";
        }
        if (count(sql, "provider = ?", provider) >= ProviderRecords.MAX_PER_PROVIDER) {
            return "the provider has as many keys as are kept";
        }
        return count(sql, "TRUE") >= ProviderRecords.MAX_RECORDS ? "as many records as can be are kept" : "";
    }

    private static long count(Connection sql, String where, byte[]... values) throws SQLException {
        try (PreparedStatement query = sql.prepareStatement("SELECT COUNT(*) FROM dht_record WHERE " + where)) {
            for (int i = 0; i < values.length; i++) {
                query.setBytes(i + 1, values[i]);
            }
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        }
    }

    /**
     * The records of a key, maybe expired ones among them.
     *
     * @throws IOException if the database refuses
     */
    List<ProviderRecord> records(Bytes key) throws IOException {
        List<ProviderRecord> cached = hot.getIfPresent(key);
        if (cached != null) {
            return cached;
        }
        List<ProviderRecord> records = database.read(sql -> {
            List<ProviderRecord> found = new ArrayList<>();
            try (PreparedStatement query = sql.prepareStatement(
                    "SELECT peer, received FROM dht_record WHERE key = ? ORDER BY received DESC LIMIT ?")) {
                query.setBytes(1, key.toArray());
                query.setInt(2, ProviderRecords.MAX_PER_KEY);
                try (ResultSet row = query.executeQuery()) {
                    while (row.next()) {
                        found.add(record(key, row));
                    }
                }
            }
            return List.copyOf(found);
        });
        hot.put(key, records);
        return records;
    }

    private static ProviderRecord record(Bytes key, ResultSet row) throws SQLException {
        try {
            return new ProviderRecord(
                    key, Messages.decodeStored(row.getBytes(1)), Instant.ofEpochMilli(row.getLong(2)));
        } catch (MalformedException e) {
            throw new SQLException("damaged provider record", e);
        }
    }

    /**
     * Deletes the records that were received before.
     *
     * @throws IOException if the database refuses
     */
    int sweep(Instant receivedBefore) throws IOException {
        int deleted = database.transaction(sql -> {
            try (PreparedStatement delete = sql.prepareStatement("DELETE FROM dht_record WHERE received <= ?")) {
                delete.setLong(1, receivedBefore.toEpochMilli());
                return delete.executeUpdate();
            }
        });
        if (deleted > 0) {
            hot.invalidateAll();
            kept.addAndGet(-deleted);
            metrics.recordsExpired(deleted);
        }
        return deleted;
    }

    /**
     * How many records are kept.
     *
     * @throws IOException if the database refuses
     */
    long size() throws IOException {
        return database.read(sql -> count(sql, "TRUE"));
    }

    /** How many records are kept, as far as what is under way has ended. Does not block. */
    long kept() {
        return kept.get();
    }

    /** How many keys this node provides. Does not block. */
    long providedKeys() {
        return providedKeys.get();
    }

    /**
     * The keys that this node provides, in order.
     *
     * @throws IOException if the database refuses
     */
    List<ProvidedKey> provided() throws IOException {
        return database.read(sql -> {
            List<ProvidedKey> keys = new ArrayList<>();
            try (PreparedStatement query =
                            sql.prepareStatement("SELECT key, announced, addresses FROM dht_provided ORDER BY key");
                    ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    keys.add(new ProvidedKey(
                            Bytes.of(row.getBytes(1)),
                            Instant.ofEpochMilli(row.getLong(2)),
                            Bytes.of(row.getBytes(3))));
                }
            }
            return keys;
        });
    }

    /**
     * Remembers a key to be provided, if it is not.
     *
     * @throws IOException if the database refuses
     */
    void provide(Bytes key) throws IOException {
        ProvidedKey fresh = ProvidedKey.fresh(key);
        int added = database.transaction(sql -> {
            try (PreparedStatement write = sql.prepareStatement(
                    "INSERT OR IGNORE INTO dht_provided (key, announced, addresses) VALUES (?, ?, ?)")) {
                write.setBytes(1, key.toArray());
                write.setLong(2, fresh.announced().toEpochMilli());
                write.setBytes(3, fresh.addresses().toArray());
                return write.executeUpdate();
            }
        });
        providedKeys.addAndGet(added);
    }

    /**
     * Remembers that a key was announced; not if it was given up meanwhile.
     *
     * @throws IOException if the database refuses
     */
    void announced(ProvidedKey key) throws IOException {
        database.transaction(sql -> {
            try (PreparedStatement write =
                    sql.prepareStatement("UPDATE dht_provided SET announced = ?, addresses = ? WHERE key = ?")) {
                write.setLong(1, key.announced().toEpochMilli());
                write.setBytes(2, key.addresses().toArray());
                write.setBytes(3, key.key().toArray());
                return write.executeUpdate();
            }
        });
    }

    /**
     * Forgets a key that is no longer provided.
     *
     * @throws IOException if the database refuses
     */
    void unprovide(Bytes key) throws IOException {
        int removed = database.transaction(sql -> {
            try (PreparedStatement delete = sql.prepareStatement("DELETE FROM dht_provided WHERE key = ?")) {
                delete.setBytes(1, key.toArray());
                return delete.executeUpdate();
            }
        });
        providedKeys.addAndGet(-removed);
    }
}
