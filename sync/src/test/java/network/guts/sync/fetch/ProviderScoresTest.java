package network.guts.sync.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.time.Duration;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.Multihash;
import network.guts.core.PeerId;
import network.guts.runtime.Database;
import network.guts.sync.testing.TestClock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProviderScoresTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final PeerId LIAR = peer(1);
    private static final PeerId FAST = peer(2);
    private static final PeerId SILENT = peer(3);
    private static final PeerId DEAD = peer(4);
    private static final PeerId STRANGER = peer(5);

    @TempDir
    private Path folder;

    private final TestClock clock = new TestClock();
    private Database database;
    private ProviderScores scores;

    private static PeerId peer(int number) {
        try {
            byte[] digest = ByteBuffer.allocate(32).putInt(number).array();
            return PeerId.parse(new Multihash(Multihash.SHA2_256, Bytes.of(digest)).toBytes());
        } catch (MalformedException e) {
            throw new AssertionError(e);
        }
    }

    @BeforeEach
    void open() throws IOException {
        database = Database.open(folder.resolve("node.db"));
        scores = new ProviderScores(new ProviderScoreTable(database), clock);
    }

    @AfterEach
    void close() throws IOException {
        database.close();
    }

    private void restart() throws IOException {
        scores.save();
        close();
        open();
    }

    private int rows() throws IOException {
        return database.read(sql -> {
            try (Statement statement = sql.createStatement();
                    var rows = statement.executeQuery("SELECT count(*) FROM sync_provider_score")) {
                return rows.getInt(1);
            }
        });
    }

    @Test
    void whatProvidersDidSurvivesARestart() throws IOException {
        scores.lied(LIAR);
        scores.delivered(FAST, 10_000_000, SECOND);
        scores.silent(SILENT);
        scores.failed(DEAD);
        restart();
        assertThat(scores.isDisgraced(LIAR)).isTrue();
        assertThat(scores.score(FAST)).isEqualTo(1);
        assertThat(scores.bytesPerSecond(FAST)).isCloseTo(1e7, within(1.0));
        assertThat(scores.score(SILENT)).isEqualTo(-10);
        assertThat(scores.score(DEAD)).isEqualTo(-1);
        assertThat(scores.score(STRANGER)).isZero();
        assertThat(scores.isDisgraced(SILENT)).isFalse();
    }

    @Test
    void failingIsNoLieHoweverOften() {
        for (int count = 0; count < 500; count++) {
            scores.failed(DEAD);
            scores.silent(SILENT);
            scores.delivered(FAST, 1_000, SECOND);
            scores.lied(LIAR);
            scores.failed(LIAR);
        }
        assertThat(scores.isDisgraced(DEAD)).isFalse();
        assertThat(scores.isDisgraced(SILENT)).isFalse();
        assertThat(scores.score(FAST)).isEqualTo(10);
        scores.lied(FAST);
        assertThat(scores.isDisgraced(FAST))
                .as("good service is no licence to lie")
                .isTrue();
        assertThat(scores.score(LIAR)).isBetween(-101, -99);
    }

    @Test
    void everythingFadesAndIsForgotten() throws IOException {
        scores.lied(LIAR);
        scores.delivered(FAST, 1_000, SECOND);
        restart();
        clock.advance(Duration.ofDays(6));
        assertThat(scores.isDisgraced(LIAR)).isTrue();
        clock.advance(Duration.ofDays(2));
        assertThat(scores.isDisgraced(LIAR)).isFalse();
        assertThat(scores.score(LIAR)).isBetween(-50, -40);
        clock.advance(Duration.ofDays(60));
        assertThat(scores.score(LIAR)).isZero();
        restart();
        restart();
        assertThat(rows()).isZero();
    }

    @Test
    void aCrowdOfStrangersDoesNotWashALiarClean() throws IOException {
        scores.lied(LIAR);
        for (int number = 100; number < 100 + 2 * ProviderScores.MAX_PEERS; number++) {
            scores.failed(peer(number));
        }
        restart();
        assertThat(scores.isDisgraced(LIAR)).isTrue();
        assertThat(rows()).isBetween(ProviderScores.MAX_PEERS / 2, ProviderScores.MAX_PEERS);
    }

    @Test
    void aDamagedRowCostsOnlyItself() throws IOException {
        scores.lied(LIAR);
        scores.save();
        database.transaction(sql -> {
            try (PreparedStatement insert = sql.prepareStatement(
                    "INSERT INTO sync_provider_score (peer, points, rate, at) VALUES (?, 0, 0, 0)")) {
                insert.setBytes(1, new byte[] {1, 2, 3});
                return insert.executeUpdate();
            }
        });
        restart();
        assertThat(scores.isDisgraced(LIAR)).isTrue();
    }

    @Test
    void aDatabaseThatFailsDoesNotStopAFetch() throws IOException {
        database.close();
        scores.lied(LIAR);
        scores.save();
        assertThat(scores.isDisgraced(LIAR)).isTrue();
        database = Database.open(folder.resolve("node.db"));
    }
}
