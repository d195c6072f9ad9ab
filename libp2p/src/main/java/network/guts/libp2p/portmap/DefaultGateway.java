package network.guts.libp2p.portmap;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The router that packets to the rest of the world go through, over IPv4. */
final class DefaultGateway {
    private static final Path LINUX = Path.of("/proc/net/route");
    private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(5);

    /** A table of routes is short. */
    private static final int MAX_OUTPUT = 1 << 18;

    private static final Pattern IP4 = Pattern.compile("\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}");

    /** Where no packet is sent, but the system is asked for a route. */
    private static final int ANY_PORT = 9;

    private static final Logger LOG = LoggerFactory.getLogger(DefaultGateway.class);

    private DefaultGateway() {}

    /** Reads the system's table of routes; sends nothing. */
    static Optional<InetAddress> find() throws InterruptedException {
        try {
            return Files.isReadable(LINUX)
                    ? ofLinux(Files.readString(LINUX, StandardCharsets.US_ASCII))
                    : ofNetstat(netstat());
        } catch (IOException e) {
            LOG.debug("the default gateway is not known: {}", e.toString());
            return Optional.empty();
        }
    }

    /** The address of this machine that leads to {@code gateway}; nothing is sent. */
    static Optional<InetAddress> sourceTo(InetAddress gateway) {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(gateway, ANY_PORT);
            return Optional.of(socket.getLocalAddress()).filter(address -> !address.isAnyLocalAddress());
        } catch (IOException | java.io.UncheckedIOException e) {
            LOG.debug("no route to {}: {}", gateway, e.toString());
            return Optional.empty();
        }
    }

    /** Of {@code /proc/net/route}: columns, addresses as hexadecimal numbers in the machine's order (little endian). */
    static Optional<InetAddress> ofLinux(String table) {
        for (String line : table.lines().skip(1).toList()) {
            String[] columns = line.trim().split("\\s+");
            boolean leadsAnywhere = columns.length > 7
                    && columns[1].equals("00000000")
                    && columns[7].equals("00000000")
                    && columns[2].matches("[0-9A-Fa-f]{8}")
                    && !columns[2].equals("00000000");
            if (leadsAnywhere) {
                int number = Integer.reverseBytes(Integer.parseUnsignedInt(columns[2], 16));
                return address(
                        new byte[] {(byte) (number >>> 24), (byte) (number >>> 16), (byte) (number >>> 8), (byte) number
                        });
            }
        }
        return Optional.empty();
    }

    /** Of {@code netstat -rn}: macOS and the BSDs begin the line with "default", Windows with 0.0.0.0 twice. */
    static Optional<InetAddress> ofNetstat(String output) {
        for (String line : output.lines().toList()) {
            String[] columns = line.trim().split("\\s+");
            int at = columns[0].equals("default")
                    ? 1
                    : columns.length > 2 && columns[0].equals("0.0.0.0") && columns[1].equals("0.0.0.0") ? 2 : -1;
            if (at > 0 && at < columns.length) {
                Matcher ip = IP4.matcher(columns[at]);
                if (ip.matches()) {
                    return parse(columns[at]);
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<InetAddress> parse(String ip) {
        try {
            return Optional.of(InetAddress.ofLiteral(ip)).filter(address -> address instanceof Inet4Address);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Optional<InetAddress> address(byte[] raw) {
        try {
            return Optional.of(InetAddress.getByAddress(raw));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("four bytes are an address", e);
        }
    }

    private static String netstat() throws IOException, InterruptedException {
        Process process = new ProcessBuilder("netstat", "-rn")
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.PIPE)
                .start();
        try {
            process.getOutputStream().close();
            byte[] output = process.getInputStream().readNBytes(MAX_OUTPUT);
            if (!process.waitFor(COMMAND_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException("netstat does not end");
            }
            return new String(output, StandardCharsets.US_ASCII);
        } finally {
            process.destroyForcibly();
        }
    }
}
