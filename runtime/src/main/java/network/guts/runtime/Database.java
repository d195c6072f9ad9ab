package network.guts.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.sqlite.SQLiteConfig;

/**
 * The node's database: one SQLite file in WAL mode. Each module keeps tables of its own, named after it, and brings
 * their definitions by {@link #migrate}. Work is serialised: one connection, one lock, short transactions.
 */
public final class Database implements AutoCloseable {
    private static final int BUSY_TIMEOUT_MILLIS = 5_000;

    private final Connection connection;
    private final ReentrantLock lock = new ReentrantLock();

    private Database(Connection connection) {
        this.connection = connection;
    }

    /**
     * Opens the file, and makes it if it is not there. A commit is on disk when it returns (synchronous = FULL).
     *
     * @throws IOException if the file cannot be opened, or is no database
     */
    public static Database open(Path file) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        SQLiteConfig config = new SQLiteConfig();
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        config.setBusyTimeout(BUSY_TIMEOUT_MILLIS);
        config.enforceForeignKeys(true);
        try {
            Database database = new Database(config.createConnection("jdbc:sqlite:" + file.toAbsolutePath()));
            database.transaction(sql -> {
                try (Statement statement = sql.createStatement()) {
                    return statement.execute(
                            "CREATE TABLE IF NOT EXISTS schema_version (module TEXT PRIMARY KEY, version INTEGER NOT NULL)");
                }
            });
            return database;
        } catch (SQLException e) {
            throw new IOException("cannot open the database " + file + ": " + e.getMessage(), e);
        }
    }

    /** A piece of work on the connection. */
    @FunctionalInterface
    public interface Work<T> {
        T run(Connection connection) throws SQLException;
    }

    /**
     * Brings a module's tables up to date: {@code steps} that were not applied yet are, in order, in one transaction.
     * Steps are only ever added behind the others.
     *
     * @throws IOException if the file was written by a newer version
     */
    public void migrate(String module, List<String> steps) throws IOException {
        transaction(sql -> {
            int version = 0;
            try (PreparedStatement read = sql.prepareStatement("SELECT version FROM schema_version WHERE module = ?")) {
                read.setString(1, module);
                try (ResultSet row = read.executeQuery()) {
                    version = row.next() ? row.getInt(1) : 0;
                }
            }
            if (version > steps.size()) {
                throw new SQLException("the tables of " + module + " were written by a newer version of Guts");
            }
            try (Statement statement = sql.createStatement()) {
                for (String step : steps.subList(version, steps.size())) {
                    statement.execute(step);
                }
            }
            try (PreparedStatement write =
                    sql.prepareStatement("INSERT OR REPLACE INTO schema_version (module, version) VALUES (?, ?)")) {
                write.setString(1, module);
                write.setInt(2, steps.size());
                return write.executeUpdate();
            }
        });
    }

    /**
     * Runs {@code work} as one transaction: all of it happens, or nothing.
     *
     * @throws IOException if SQLite refuses: disk full, file damaged, closed
     */
    public <T> T transaction(Work<T> work) throws IOException {
        lock.lock();
        try {
            connection.setAutoCommit(false);
            try {
                T result = work.run(connection);
                connection.commit();
                connection.setAutoCommit(true);
                return result;
            } catch (SQLException | RuntimeException | Error e) {
                undo(e);
                throw e;
            }
        } catch (SQLException e) {
            throw new IOException("database: " + e.getMessage(), e);
        } finally {
            lock.unlock();
        }
    }

    /** A full disk makes SQLite end the transaction by itself: then there is nothing to roll back. */
    private void undo(Throwable reason) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            reason.addSuppressed(e);
        }
        try {
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            reason.addSuppressed(e);
        }
    }

    /**
     * Runs {@code work} that only reads.
     *
     * @throws IOException if SQLite refuses
     */
    public <T> T read(Work<T> work) throws IOException {
        lock.lock();
        try {
            return work.run(connection);
        } catch (SQLException e) {
            throw new IOException("database: " + e.getMessage(), e);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() throws IOException {
        lock.lock();
        try {
            connection.close();
        } catch (SQLException e) {
            throw new IOException("database: " + e.getMessage(), e);
        } finally {
            lock.unlock();
        }
    }
}
