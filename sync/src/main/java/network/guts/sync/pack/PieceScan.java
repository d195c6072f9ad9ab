package network.guts.sync.pack;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Scans a pack of which only the first entry's place is known, on all cores: the file is cut into pieces, and the first
 * entry of each piece is guessed. The guesses were right if each piece ends where the next begins; if one was not, the
 * whole is scanned again in order, since objects of a wrong guess must not count.
 */
final class PieceScan {
    /** So many pieces for each thread: they take different times. */
    private static final int PIECES_PER_THREAD = 8;

    private final long end;
    private final long length;
    private final List<Piece> pieces = new ArrayList<>();

    /** Lends the scanners of a pack's threads. */
    interface Scanners {
        SegmentScanner borrow();

        void giveBack(SegmentScanner scanner);
    }

    /** What a thread found: where the first entry begins, where the last one ends. */
    private static final class Piece {
        private long start = EntryFinder.NONE;
        private long next = EntryFinder.NONE;
        private @Nullable EntryTable table;
    }

    PieceScan(PackLimits limits, long end, long minPiece) {
        this.end = end;
        long share = (end - PackFormat.HEADER_BYTES) / ((long) limits.threads() * PIECES_PER_THREAD);
        this.length = limits.threads() == 1 ? end : Math.max(minPiece, share);
        for (long from = PackFormat.HEADER_BYTES; from < end; from += length) {
            pieces.add(new Piece());
        }
    }

    /** The work of each piece, to be run in any order. */
    List<Workers.Job> jobs(Scanners scanners) {
        List<Workers.Job> jobs = new ArrayList<>();
        for (int i = 0; i < pieces.size(); i++) {
            int index = i;
            jobs.add(() -> {
                SegmentScanner scanner = scanners.borrow();
                try {
                    scan(index, scanner);
                } finally {
                    scanners.giveBack(scanner);
                }
            });
        }
        return jobs;
    }

    private void scan(int index, SegmentScanner scanner) throws IOException {
        Piece piece = pieces.get(index);
        long from = PackFormat.HEADER_BYTES + index * length;
        long until = Math.min(end, from + length);
        long start = index == 0 ? from : scanner.firstEntry(from, until, end);
        if (start == EntryFinder.NONE) {
            return;
        }
        try {
            piece.table = scanner.scanPiece(start, until, end);
            piece.start = start;
            piece.next = scanner.position();
        } catch (PackException e) {
            if (index == 0) {
                throw e;
            }
            // Perhaps only the guess was wrong: the piece stays without a table, and the scan in order says what is.
            piece.table = null;
        }
    }

    /** All entries, once the jobs are done; null if a guess was wrong. */
    @Nullable EntryTable joined() {
        List<EntryTable> tables = new ArrayList<>();
        long at = PackFormat.HEADER_BYTES;
        for (int i = 0; i < pieces.size(); i++) {
            Piece piece = pieces.get(i);
            long until = Math.min(end, PackFormat.HEADER_BYTES + (i + 1) * length);
            if (at >= until && piece.start == EntryFinder.NONE) {
                // An entry before covers the whole piece.
                continue;
            }
            EntryTable table = piece.table;
            if (table == null || piece.start != at) {
                return null;
            }
            tables.add(table);
            at = piece.next;
        }
        return EntryTable.join(tables);
    }

    /** All entries, scanned in order by one thread. */
    EntryTable inOrder(SegmentScanner scanner) throws IOException {
        return scanner.scanPiece(PackFormat.HEADER_BYTES, end, end);
    }
}
