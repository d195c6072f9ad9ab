package network.guts.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatabaseTest {
    private static final List<String> STEPS = List.of("CREATE TABLE thing (name TEXT PRIMARY KEY)");

    @TempDir
    Path folder;

    private Database open() throws IOException {
        Database database = Database.open(folder.resolve("below/test.db"));
        database.migrate("test", STEPS);
        return database;
    }

    private static int insert(Connection sql, String name) throws SQLException {
        try (Statement statement = sql.createStatement()) {
            return statement.executeUpdate("INSERT INTO thing VALUES ('" + name + "')");
        }
    }

    private static List<String> names(Database database) throws IOException {
        return database.read(sql -> {
            List<String> names = new ArrayList<>();
            try (Statement statement = sql.createStatement();
                    var rows = statement.executeQuery("SELECT name FROM thing ORDER BY name")) {
                while (rows.next()) {
                    names.add(rows.getString(1));
                }
            }
            return names;
        });
    }

    @Test
    void whatWasCommittedIsThereAfterReopening() throws IOException {
        try (Database database = open()) {
            database.transaction(sql -> insert(sql, "one"));
            database.transaction(sql -> insert(sql, "two"));
        }
        try (Database database = open()) {
            assertThat(names(database)).containsExactly("one", "two");
        }
    }

    @Test
    void aTransactionHappensWholeOrNotAtAll() throws IOException {
        try (Database database = open()) {
            assertThatThrownBy(() -> database.transaction(sql -> {
                        insert(sql, "one");
                        return insert(sql, "one");
                    }))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("UNIQUE");
            assertThatThrownBy(() -> database.transaction(sql -> {
                        insert(sql, "two");
                        throw new IllegalStateException("a bug");
                    }))
                    .isInstanceOf(IllegalStateException.class);
            assertThat(names(database)).isEmpty();
            database.transaction(sql -> insert(sql, "three"));
            assertThat(names(database)).containsExactly("three");
        }
    }

    /** SQLite rolls back by itself when the disk is full; max_page_count is a disk of a size of our choice. */
    @Test
    void aFullDiskIsNamedAndTheDatabaseGoesOnWhenThereIsRoom() throws IOException {
        try (Database database = open()) {
            database.transaction(sql -> insert(sql, "before"));
            pages(database, 5);
            for (int attempt = 0; attempt < 2; attempt++) {
                assertThatThrownBy(() -> database.transaction(sql -> {
                            for (int number = 0; number < 1000; number++) {
                                insert(sql, "a name that fills pages".repeat(20) + number);
                            }
                            return 0;
                        }))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("SQLITE_FULL");
                assertThat(names(database)).containsExactly("before");
            }
            pages(database, 100_000);
            database.transaction(sql -> insert(sql, "later"));
            assertThat(names(database)).containsExactly("before", "later");
        }
    }

    private static void pages(Database database, int most) throws IOException {
        database.read(sql -> {
            try (Statement statement = sql.createStatement()) {
                return statement.execute("PRAGMA max_page_count = " + most);
            }
        });
    }

    @Test
    void stepsAreAppliedOnceAndInOrder() throws IOException {
        Path file = folder.resolve("steps.db");
        try (Database database = Database.open(file)) {
            database.migrate("test", STEPS);
            database.migrate("test", STEPS);
            database.transaction(sql -> insert(sql, "kept"));
        }
        List<String> more = List.of(STEPS.getFirst(), "ALTER TABLE thing ADD COLUMN size INTEGER DEFAULT 7");
        try (Database database = Database.open(file)) {
            database.migrate("test", more);
            assertThat(names(database)).containsExactly("kept");
            assertThatThrownBy(() -> database.migrate("test", STEPS)).hasMessageContaining("newer version");
            assertThatThrownBy(() -> database.migrate("other", List.of("CREATE TABLE a (b)", "NONSENSE")))
                    .isInstanceOf(IOException.class);
            database.migrate("other", List.of("CREATE TABLE a (b)"));
        }
    }

    @Test
    void whatIsNoDatabaseIsNamedAndLeftAlone() throws IOException {
        Path file = folder.resolve("no.db");
        Files.writeString(file, "no database ".repeat(1000));
        assertThatThrownBy(() -> Database.open(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no.db");
        assertThat(file).hasContent("no database ".repeat(1000));
    }

    @Test
    void aClosedDatabaseSaysSo() throws IOException {
        Database database = open();
        database.close();
        assertThatThrownBy(() -> names(database)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> database.transaction(sql -> insert(sql, "late")))
                .isInstanceOf(IOException.class);
    }

    @Test
    void threadsTakeTurns() throws Exception {
        try (Database database = open()) {
            List<Thread> threads = new ArrayList<>();
            for (int number = 0; number < 20; number++) {
                String name = String.format("%02d", number);
                threads.add(Thread.ofVirtual().start(() -> {
                    try {
                        database.transaction(sql -> insert(sql, name));
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }));
            }
            for (Thread thread : threads) {
                assertThat(thread.join(java.time.Duration.ofSeconds(TimeUnit.MINUTES.toSeconds(1))))
                        .isTrue();
            }
            assertThat(names(database)).hasSize(20);
        }
    }
}
