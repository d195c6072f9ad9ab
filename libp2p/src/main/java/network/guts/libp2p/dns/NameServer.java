package network.guts.libp2p.dns;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;

/** What is asked of the domain name system. Blocking, each call with a time-out of its own; thread-safe. */
public interface NameServer {
    /** A kind of address. */
    enum Family {
        IP4,
        IP6
    }

    /**
     * The addresses of {@code name}.
     *
     * @throws IOException with the reason in few words, if there are none or nobody answers
     */
    List<InetAddress> addresses(String name, Family family) throws IOException;

    /**
     * The TXT records of {@code name}, each as one text.
     *
     * @throws IOException with the reason in few words, if there are none or nobody answers
     */
    List<String> texts(String name) throws IOException;
}
