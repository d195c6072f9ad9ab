package network.guts.sync.records;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.SignedEnvelope;
import network.guts.core.Varint;

/** SQL with few words, and the forms in which values lie in columns. */
final class Rows {
    private Rows() {}

    /** Reads a column of every row. */
    @FunctionalInterface
    interface Reader<T> {
        T read(ResultSet row) throws SQLException;
    }

    static int update(Connection sql, String text, Object... values) throws SQLException {
        try (PreparedStatement statement = sql.prepareStatement(text)) {
            bind(statement, values);
            return statement.executeUpdate();
        }
    }

    static <T> List<T> query(Connection sql, Reader<T> reader, String text, Object... values) throws SQLException {
        try (PreparedStatement statement = sql.prepareStatement(text)) {
            bind(statement, values);
            try (ResultSet rows = statement.executeQuery()) {
                List<T> all = new ArrayList<>();
                while (rows.next()) {
                    all.add(reader.read(rows));
                }
                return all;
            }
        }
    }

    private static void bind(PreparedStatement statement, Object... values) throws SQLException {
        for (int i = 0; i < values.length; i++) {
            switch (values[i]) {
                case Bytes bytes -> statement.setBytes(i + 1, bytes.toArray());
                case byte[] bytes -> statement.setBytes(i + 1, bytes);
                case String text -> statement.setString(i + 1, text);
                case Long number -> statement.setLong(i + 1, number);
                case Integer number -> statement.setInt(i + 1, number);
                case Boolean truth -> statement.setInt(i + 1, truth ? 1 : 0);
                case Instant time -> statement.setLong(i + 1, time.toEpochMilli());
                default -> throw new IllegalArgumentException("no column holds a " + values[i].getClass());
            }
        }
    }

    /** Envelopes one behind the other, each behind its length. */
    static byte[] join(List<SignedEnvelope> envelopes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (SignedEnvelope envelope : envelopes) {
            Varint.write(out, envelope.encoded().size());
            out.writeBytes(envelope.encoded().toArray());
        }
        return out.toByteArray();
    }

    static List<SignedEnvelope> split(byte[] joined) throws MalformedException {
        List<SignedEnvelope> envelopes = new ArrayList<>();
        ByteBuffer in = ByteBuffer.wrap(joined);
        while (in.hasRemaining()) {
            long length = Varint.read(in);
            if (length > in.remaining()) {
                throw new MalformedException("envelopes cut off");
            }
            byte[] envelope = new byte[(int) length];
            in.get(envelope);
            envelopes.add(SignedEnvelope.parse(envelope));
        }
        return envelopes;
    }

    /** What this node wrote itself does not read any more: the disk, or somebody at it. */
    static IOException damaged(MalformedException e) {
        return new IOException("the node's database is damaged: " + e.getMessage(), e);
    }
}
