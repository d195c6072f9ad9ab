package network.guts.node.daemon;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import network.guts.node.output.Printable;

/** The log: a file that is rotated, one line a record. Nothing goes to the terminal, unless {@code --debug} is given. */
public final class LogFile {
    private static final int MAX_BYTES = 8 << 20;
    private static final int FILES = 4;

    /** Held here because the log manager holds its loggers weakly. */
    private static final Logger OURS = Logger.getLogger("network.guts");

    /** Of a router that does not answer as it should this library tells at length; what came of it is told by ours. */
    private static final Logger PORT_MAPPER = Logger.getLogger("com.offbynull.portmapper");

    private LogFile() {}

    /** Logs to {@code folder/node.log}; the three before it are {@code node.log.1} to {@code .3}. */
    public static void open(Path folder, boolean debug) throws IOException {
        off();
        Logger root = Logger.getLogger("");
        add(root, new RotatedFile(folder.resolve("node.log"), MAX_BYTES, FILES));
        OURS.setLevel(debug ? Level.FINE : Level.INFO);
        PORT_MAPPER.setLevel(Level.OFF);
        if (debug) {
            add(root, new ConsoleHandler());
        }
    }

    /** Logs nothing: for commands that are no node. */
    public static void off() {
        LogManager.getLogManager().reset();
    }

    private static void add(Logger root, Handler handler) throws IOException {
        handler.setEncoding("UTF-8");
        handler.setLevel(Level.ALL);
        handler.setFormatter(new LineFormat());
        root.addHandler(handler);
    }

    private static final class LineFormat extends Formatter {
        @Override
        public String format(LogRecord entry) {
            StringWriter text = new StringWriter(160);
            text.append(entry.getInstant().truncatedTo(ChronoUnit.MILLIS).toString());
            text.append(' ').append(level(entry.getLevel())).append(' ');
            String logger = String.valueOf(entry.getLoggerName());
            text.append(logger.substring(logger.lastIndexOf('.') + 1)).append(": ");
            text.append(Printable.escape(formatMessage(entry))).append('\n');
            if (entry.getThrown() != null) {
                StringWriter trace = new StringWriter();
                entry.getThrown().printStackTrace(new PrintWriter(trace, true));
                trace.toString()
                        .lines()
                        .forEach(line -> text.append(Printable.escape(line.replace("\t", "    ")))
                                .append('\n'));
            }
            return text.toString();
        }

        private static String level(Level level) {
            if (level.intValue() >= Level.SEVERE.intValue()) {
                return "error";
            }
            if (level.intValue() >= Level.WARNING.intValue()) {
                return "warn ";
            }
            return level.intValue() >= Level.INFO.intValue() ? "info " : "debug";
        }
    }
}
