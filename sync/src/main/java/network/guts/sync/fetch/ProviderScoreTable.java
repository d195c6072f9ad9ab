package network.guts.sync.fetch;

import java.io.IOException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import network.guts.core.MalformedException;
import network.guts.core.PeerId;
import network.guts.runtime.Database;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What providers did, in the node's database. At most {@link ProviderScores#MAX_PEERS} rows. Thread-safe. */
public final class ProviderScoreTable {
    private static final List<String> STEPS = List.of("""
        CREATE TABLE sync_provider_score (
            peer BLOB PRIMARY KEY, points REAL NOT NULL, rate REAL NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID\
        """);

    private static final Logger LOG = LoggerFactory.getLogger(ProviderScoreTable.class);

    private final Database database;

    /**
     * @throws IOException if the table cannot be made
     */
    public ProviderScoreTable(Database database) throws IOException {
        this.database = database;
        database.migrate("sync-providers", STEPS);
    }

    /** All of it; a row that does not read any more is left out. */
    Map<PeerId, ProviderScore> load() throws IOException {
        return database.read(sql -> {
            Map<PeerId, ProviderScore> scores = new LinkedHashMap<>();
            try (PreparedStatement select = sql.prepareStatement(
                            "SELECT peer, points, rate, at FROM sync_provider_score ORDER BY peer");
                    ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    try {
                        scores.put(
                                PeerId.parse(rows.getBytes(1)),
                                new ProviderScore(
                                        rows.getDouble(2), rows.getDouble(3), Instant.ofEpochMilli(rows.getLong(4))));
                    } catch (MalformedException e) {
                        LOG.error("a row of sync_provider_score is damaged: {}", e.getMessage());
                    }
                }
            }
            return scores;
        });
    }

    /** Writes the scores, all or none; the rows of those that are empty go. */
    void save(Map<PeerId, Optional<ProviderScore>> scores) throws IOException {
        if (scores.isEmpty()) {
            return;
        }
        database.transaction(sql -> {
            try (PreparedStatement put = sql.prepareStatement(
                            "INSERT OR REPLACE INTO sync_provider_score (peer, points, rate, at) VALUES (?, ?, ?, ?)");
                    PreparedStatement delete = sql.prepareStatement("DELETE FROM sync_provider_score WHERE peer = ?")) {
                for (Map.Entry<PeerId, Optional<ProviderScore>> one : scores.entrySet()) {
                    save(one.getKey(), one.getValue(), put, delete);
                }
                return scores.size();
            }
        });
    }

    private static void save(
            PeerId peer, Optional<ProviderScore> score, PreparedStatement put, PreparedStatement delete)
            throws SQLException {
        if (score.isEmpty()) {
            delete.setBytes(1, peer.toBytes());
            delete.executeUpdate();
            return;
        }
        put.setBytes(1, peer.toBytes());
        put.setDouble(2, score.get().points());
        put.setDouble(3, score.get().bytesPerSecond());
        put.setLong(4, score.get().at().toEpochMilli());
        put.executeUpdate();
    }
}
