package network.guts.libp2p.dns;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Hashtable;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.naming.Context;
import javax.naming.NameNotFoundException;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.directory.DirContext;
import javax.naming.directory.InitialDirContext;

/**
 * Asks a given DNS server, or those of the system, with the JDK's client. Addresses come from the system's own resolver
 * where no server is given: it also knows the names of the local network.
 */
public final class DnsNameServer implements NameServer {
    /** Of one question, with what is asked again after a loss. */
    public static final Duration TIMEOUT = Duration.ofSeconds(5);

    /** More addresses or texts of one name are left out. */
    public static final int MAX_RECORDS = 64;

    /** An address has a thousand characters at most; a TXT record could have 64 KiB. */
    private static final int MAX_TEXT = 2048;

    /** Asked again after this time, and then after twice of it. */
    private static final Duration FIRST_WAIT = Duration.ofMillis(1500);

    private final Optional<InetSocketAddress> server;
    private final Duration timeout;

    /**
     * @param server whom to ask; empty: the system's servers
     */
    public DnsNameServer(Optional<InetSocketAddress> server) {
        this(server, TIMEOUT);
    }

    DnsNameServer(Optional<InetSocketAddress> server, Duration timeout) {
        this.server = server;
        this.timeout = timeout;
    }

    @Override
    public List<InetAddress> addresses(String name, Family family) throws IOException {
        List<InetAddress> addresses = new ArrayList<>();
        if (server.isEmpty()) {
            for (InetAddress address : within(() -> InetAddress.getAllByName(name))) {
                if ((address.getAddress().length == 4) == (family == Family.IP4) && addresses.size() < MAX_RECORDS) {
                    addresses.add(address);
                }
            }
        } else {
            for (String text : ask(name, family == Family.IP4 ? "A" : "AAAA")) {
                addresses.add(InetAddress.ofLiteral(text));
            }
        }
        if (addresses.isEmpty()) {
            throw new IOException("the name has no " + (family == Family.IP4 ? "IPv4" : "IPv6") + " address");
        }
        return addresses;
    }

    @Override
    public List<String> texts(String name) throws IOException {
        List<String> texts = ask(name, "TXT").stream()
                .filter(text -> text.length() <= MAX_TEXT)
                // Texts that are cut into strings of 255 bytes come with spaces between them. No address has any.
                .map(text -> text.replace(" ", "").replace("\"", ""))
                .toList();
        if (texts.isEmpty()) {
            throw new IOException("the name has no TXT record");
        }
        return texts;
    }

    /**
     * The values of all records. JNDI can be made to load objects that a server names; its DNS provider makes strings and
     * nothing else, and a name of a multiaddr has no '/', by which another provider would be reached.
     */
    @SuppressWarnings({"BanJNDI", "JdkObsolete"})
    private List<String> ask(String name, String type) throws IOException {
        return within(() -> {
            Hashtable<String, String> settings = new Hashtable<>();
            settings.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.dns.DnsContextFactory");
            settings.put(Context.PROVIDER_URL, server.map(DnsNameServer::url).orElse("dns:"));
            settings.put("com.sun.jndi.dns.timeout.initial", Long.toString(FIRST_WAIT.toMillis()));
            settings.put("com.sun.jndi.dns.timeout.retries", "2");
            DirContext context = new InitialDirContext(settings);
            try {
                Attribute found =
                        context.getAttributes(name, new String[] {type}).get(type);
                List<String> values = new ArrayList<>();
                for (int i = 0; found != null && i < Math.min(found.size(), MAX_RECORDS); i++) {
                    values.add(String.valueOf(found.get(i)));
                }
                return values;
            } finally {
                context.close();
            }
        });
    }

    private static String url(InetSocketAddress server) {
        String host = server.getAddress().getHostAddress();
        return "dns://" + (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + server.getPort();
    }

    /** The system's call has no time-out, and the client's is for each server: what is late is left behind. */
    private <T> T within(Callable<T> lookUp) throws IOException {
        FutureTask<T> task = new FutureTask<>(lookUp);
        Thread.ofVirtual().name("look-up").start(task);
        try {
            return task.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw late(e);
        } catch (InterruptedException e) {
            task.cancel(true);
            Thread.currentThread().interrupt();
            throw new IOException("given up", e);
        } catch (ExecutionException e) {
            throw reason(e);
        }
    }

    private IOException reason(ExecutionException failure) {
        Throwable cause = failure.getCause();
        if (cause instanceof NameNotFoundException || cause instanceof UnknownHostException) {
            return new IOException("no such name", failure);
        }
        if (cause instanceof NamingException naming && naming.getRootCause() instanceof SocketTimeoutException) {
            return late(failure);
        }
        return new IOException(
                cause instanceof NamingException ? "the DNS server does not answer as it should" : "the look-up failed",
                failure);
    }

    private SocketTimeoutException late(Throwable cause) {
        SocketTimeoutException late = new SocketTimeoutException("no answer within " + timeout.toMillis() + " ms");
        late.initCause(cause);
        return late;
    }
}
