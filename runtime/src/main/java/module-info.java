/** The shells' tools: the loop that owns a protocol core, frames on streams, crash-safe files, the database. */
@org.jspecify.annotations.NullMarked
module network.guts.runtime {
    requires transitive java.sql;
    requires transitive network.guts.core;
    requires org.slf4j;
    requires org.xerial.sqlitejdbc;
    requires com.google.protobuf;

    exports network.guts.runtime;
}
