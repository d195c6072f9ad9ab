package network.guts.sync.records;

import java.util.List;

/** The tables of {@link RecordStore}. Steps are only ever added behind the others. */
final class RecordSchema {
    static final List<String> STEPS = List.of(
            "CREATE TABLE sync_repository (id BLOB PRIMARY KEY, seeded INTEGER NOT NULL DEFAULT 0,"
                    + " quota INTEGER NOT NULL DEFAULT 0, heard_of INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID",
            "CREATE TABLE sync_identity (repository BLOB NOT NULL, hash BLOB NOT NULL, revision INTEGER NOT NULL,"
                    + " envelopes BLOB NOT NULL, applied INTEGER NOT NULL, PRIMARY KEY (repository, hash))",
            "CREATE TABLE sync_header (repository BLOB NOT NULL, signer BLOB NOT NULL, sequence INTEGER NOT NULL,"
                    + " hash BLOB NOT NULL, body BLOB NOT NULL, envelope BLOB NOT NULL,"
                    + " PRIMARY KEY (repository, signer, hash))",
            "CREATE INDEX sync_header_body ON sync_header (body)",
            "CREATE TABLE sync_body (hash BLOB PRIMARY KEY, bytes BLOB NOT NULL)",
            "CREATE TABLE sync_fresh (repository BLOB NOT NULL, signer BLOB NOT NULL, envelope BLOB NOT NULL,"
                    + " PRIMARY KEY (repository, signer))",
            "CREATE TABLE sync_evidence (repository BLOB NOT NULL, signer BLOB NOT NULL, sequence INTEGER NOT NULL,"
                    + " first BLOB NOT NULL, second BLOB NOT NULL, PRIMARY KEY (repository, signer, sequence))",
            "CREATE TABLE sync_descriptor (pack BLOB PRIMARY KEY, bytes BLOB NOT NULL)",
            "CREATE TABLE sync_pack (repository BLOB NOT NULL, pack BLOB NOT NULL, PRIMARY KEY (repository, pack))"
                    + " WITHOUT ROWID",
            "CREATE INDEX sync_pack_pack ON sync_pack (pack)",
            "CREATE TABLE sync_mirrored (repository BLOB PRIMARY KEY, signer BLOB NOT NULL, ip_group TEXT)"
                    + " WITHOUT ROWID");

    /** All tables that name a repository in a column of that name. */
    static final List<String> TABLES =
            List.of("sync_identity", "sync_header", "sync_fresh", "sync_evidence", "sync_pack", "sync_mirrored");

    private RecordSchema() {}
}
