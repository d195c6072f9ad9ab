package network.guts.node.output;

import java.io.PrintStream;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Where a command speaks: results to stdout, everything else to stderr; or JSON lines on stdout and nothing else there.
 * A terminal gets a live line of progress, a pipe a plain line now and then.
 */
public final class Output {
    private static final long PIPE_INTERVAL_NANOS = 5_000_000_000L;
    private static final String CLEAR_LINE = "\r\u001b[K";

    private final PrintStream out;
    private final PrintStream err;
    private final Style style;
    private final ReentrantLock lock = new ReentrantLock();
    private boolean live;
    private long lastPlainLine;

    /**
     * How to speak.
     *
     * @param terminal stderr is a terminal that understands the cursor
     * @param colour it may be coloured
     */
    public record Style(boolean json, boolean quiet, boolean debug, boolean terminal, boolean colour) {}

    public Output(PrintStream out, PrintStream err, Style style) {
        this.out = out;
        this.err = err;
        this.style = style;
        this.lastPlainLine = System.nanoTime() - PIPE_INTERVAL_NANOS + PIPE_INTERVAL_NANOS / 2;
    }

    public boolean json() {
        return style.json;
    }

    public Style style() {
        return style;
    }

    /** A line of the result; not printed with {@code --json}. May hold text of a remote. */
    public void result(String line) {
        if (!style.json) {
            locked(() -> out.println(Printable.escape(line)));
        }
    }

    /** An event of the result; printed with {@code --json} only. */
    public void event(Event event) {
        if (style.json) {
            locked(() -> {
                out.println(event.json());
                out.flush();
            });
        }
    }

    /** A remark on stderr, unless {@code --quiet}. */
    public void note(String line) {
        if (!style.quiet) {
            locked(() -> err.println(Printable.escape(line)));
        }
    }

    public void warning(String line) {
        locked(() -> err.println(paint("33", "warning: ") + Printable.escape(line)));
    }

    /** How far the work is: a {@code progress} event. */
    public void progress(Event progress) {
        if (style.json) {
            if (!style.quiet) {
                event(progress);
            }
            return;
        }
        if (style.quiet) {
            return;
        }
        lock.lock();
        try {
            if (style.terminal) {
                err.print(CLEAR_LINE + Printable.line(ProgressLine.of(progress)));
                err.flush();
                live = true;
            } else if (System.nanoTime() - lastPlainLine >= PIPE_INTERVAL_NANOS) {
                lastPlainLine = System.nanoTime();
                err.println(Printable.line(ProgressLine.of(progress)));
            }
        } finally {
            lock.unlock();
        }
    }

    /** The two lines of a failure, or its event; the stack trace with {@code --debug}. */
    public void failure(Failure failure) {
        if (style.json) {
            event(failure.event());
        } else {
            locked(() -> {
                err.println(paint("31", "error: ") + Printable.line(failure.message()));
                err.println(paint("36", "hint: ") + Printable.line(failure.hint()));
            });
        }
        if (style.debug) {
            locked(() -> failure.printStackTrace(err));
        }
    }

    private String paint(String code, String text) {
        return style.colour ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }

    private void locked(Runnable print) {
        lock.lock();
        try {
            if (live) {
                err.print(CLEAR_LINE);
                err.flush();
                live = false;
            }
            print.run();
        } finally {
            lock.unlock();
        }
    }
}
