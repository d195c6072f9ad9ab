package network.guts.libp2p.addressbook;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import network.guts.core.MalformedException;
import network.guts.core.Multiaddr;
import network.guts.core.PeerId;
import network.guts.core.PeerRecord;
import network.guts.core.SignedEnvelope;
import network.guts.libp2p.addressbook.PeerEntry.Address;
import network.guts.libp2p.addressbook.PeerEntry.SignedRecord;
import network.guts.runtime.Database;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The address book's tables. Instants are milliseconds since the epoch. */
final class PeerTables implements PeerStore {
    private static final List<String> STEPS =
            List.of("""
            CREATE TABLE libp2p_peer (
                peer BLOB PRIMARY KEY,
                last_seen INTEGER NOT NULL,
                updated INTEGER NOT NULL,
                record BLOB,
                record_expires INTEGER NOT NULL
            ) WITHOUT ROWID""", "CREATE INDEX libp2p_peer_seen ON libp2p_peer (last_seen, updated)", """
            CREATE TABLE libp2p_address (
                peer BLOB NOT NULL REFERENCES libp2p_peer (peer) ON DELETE CASCADE,
                address BLOB NOT NULL,
                expires INTEGER NOT NULL,
                worked INTEGER NOT NULL,
                PRIMARY KEY (peer, address)
            ) WITHOUT ROWID""");

    private static final Logger LOG = LoggerFactory.getLogger(PeerTables.class);

    private final Database database;
    private volatile int size;

    PeerTables(Database database) throws IOException {
        this.database = database;
        database.migrate("libp2p", STEPS);
        this.size = database.read(PeerTables::count);
    }

    @Override
    public Optional<PeerEntry> find(PeerId peer) throws IOException {
        return database.read(sql -> read(sql, peer));
    }

    private static Optional<PeerEntry> read(Connection sql, PeerId peer) throws SQLException {
        try (PreparedStatement query = sql.prepareStatement(
                "SELECT last_seen, updated, record, record_expires FROM libp2p_peer WHERE peer = ?")) {
            query.setBytes(1, peer.toBytes());
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                return Optional.of(new PeerEntry(
                        Instant.ofEpochMilli(row.getLong(1)),
                        Instant.ofEpochMilli(row.getLong(2)),
                        addresses(sql, peer),
                        record(row, 3)));
            }
        }
    }

    private static Optional<SignedRecord> record(ResultSet row, int column) throws SQLException {
        byte[] encoded = row.getBytes(column);
        if (encoded == null) {
            return Optional.empty();
        }
        try {
            SignedEnvelope envelope = SignedEnvelope.parse(encoded);
            long sequence = PeerRecord.open(envelope).sequence();
            return Optional.of(new SignedRecord(envelope, sequence, Instant.ofEpochMilli(row.getLong(column + 1))));
        } catch (MalformedException e) {
            LOG.warn("a peer record in the database is damaged and is ignored: {}", e.getMessage());
            return Optional.empty();
        }
    }

    private static Map<Multiaddr, Address> addresses(Connection sql, PeerId peer) throws SQLException {
        Map<Multiaddr, Address> addresses = new LinkedHashMap<>();
        try (PreparedStatement query =
                sql.prepareStatement("SELECT address, expires, worked FROM libp2p_address WHERE peer = ?")) {
            query.setBytes(1, peer.toBytes());
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    Instant expires = Instant.ofEpochMilli(row.getLong(2));
                    Instant worked = Instant.ofEpochMilli(row.getLong(3));
                    Multiaddr.tryParse(row.getBytes(1)).ifPresent(a -> addresses.put(a, new Address(expires, worked)));
                }
            }
        }
        return addresses;
    }

    @Override
    public void store(Map<PeerId, PeerEntry> entries, int maxPeers, Set<PeerId> keep) throws IOException {
        size = database.transaction(sql -> {
            for (Map.Entry<PeerId, PeerEntry> entry : entries.entrySet()) {
                write(sql, entry.getKey(), entry.getValue());
            }
            return forget(sql, maxPeers, keep);
        });
    }

    private static void write(Connection sql, PeerId peer, PeerEntry entry) throws SQLException {
        try (PreparedStatement delete = sql.prepareStatement("DELETE FROM libp2p_address WHERE peer = ?");
                PreparedStatement upsert = sql.prepareStatement("""
                        INSERT INTO libp2p_peer (peer, last_seen, updated, record, record_expires) VALUES (?, ?, ?, ?, ?)
                        ON CONFLICT (peer) DO UPDATE SET last_seen = excluded.last_seen, updated = excluded.updated,
                            record = excluded.record, record_expires = excluded.record_expires""");
                PreparedStatement insert = sql.prepareStatement(
                        "INSERT INTO libp2p_address (peer, address, expires, worked) VALUES (?, ?, ?, ?)")) {
            delete.setBytes(1, peer.toBytes());
            delete.executeUpdate();
            upsert.setBytes(1, peer.toBytes());
            upsert.setLong(2, entry.lastSeen().toEpochMilli());
            upsert.setLong(3, entry.updated().toEpochMilli());
            upsert.setBytes(
                    4, entry.record().map(r -> r.envelope().encoded().toArray()).orElse(null));
            upsert.setLong(
                    5, entry.record().map(r -> r.expires().toEpochMilli()).orElse(0L));
            upsert.executeUpdate();
            for (Map.Entry<Multiaddr, Address> address : entry.addresses().entrySet()) {
                insert.setBytes(1, peer.toBytes());
                insert.setBytes(2, address.getKey().toBytes());
                insert.setLong(3, address.getValue().expires().toEpochMilli());
                insert.setLong(4, address.getValue().worked().toEpochMilli());
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    private static int count(Connection sql) throws SQLException {
        try (PreparedStatement count = sql.prepareStatement("SELECT count(*) FROM libp2p_peer");
                ResultSet row = count.executeQuery()) {
            return row.next() ? row.getInt(1) : 0;
        }
    }

    /**
     * Forgets the peers that were seen longest ago, those never seen first.
     *
     * @return how many are left
     */
    private static int forget(Connection sql, int maxPeers, Set<PeerId> keep) throws SQLException {
        int count = count(sql);
        int over = count - maxPeers;
        if (over <= 0) {
            return count;
        }
        List<byte[]> forgotten = new ArrayList<>();
        try (PreparedStatement oldest =
                sql.prepareStatement("SELECT peer FROM libp2p_peer ORDER BY last_seen, updated LIMIT ?")) {
            oldest.setInt(1, over + keep.size());
            try (ResultSet row = oldest.executeQuery()) {
                while (row.next() && forgotten.size() < over) {
                    if (peer(row.getBytes(1)).filter(keep::contains).isEmpty()) {
                        forgotten.add(row.getBytes(1));
                    }
                }
            }
        }
        try (PreparedStatement delete = sql.prepareStatement("DELETE FROM libp2p_peer WHERE peer = ?")) {
            for (byte[] peer : forgotten) {
                delete.setBytes(1, peer);
                delete.addBatch();
            }
            delete.executeBatch();
        }
        return count - forgotten.size();
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public List<PeerId> lastSeen(int limit) throws IOException {
        return database.read(sql -> {
            List<PeerId> peers = new ArrayList<>();
            try (PreparedStatement query = sql.prepareStatement(
                    "SELECT peer FROM libp2p_peer WHERE last_seen > 0 ORDER BY last_seen DESC LIMIT ?")) {
                query.setInt(1, limit);
                try (ResultSet row = query.executeQuery()) {
                    while (row.next()) {
                        peer(row.getBytes(1)).ifPresent(peers::add);
                    }
                }
            }
            return peers;
        });
    }

    private static Optional<PeerId> peer(byte[] encoded) {
        try {
            return Optional.of(PeerId.parse(encoded));
        } catch (MalformedException e) {
            LOG.warn("a peer id in the database is damaged and is ignored: {}", e.getMessage());
            return Optional.empty();
        }
    }
}
