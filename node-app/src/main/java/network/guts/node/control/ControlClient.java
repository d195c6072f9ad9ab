package network.guts.node.control;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import network.guts.core.MalformedException;
import network.guts.node.output.Event;
import network.guts.node.output.ExitCode;
import network.guts.node.output.Failure;

/** Asks the running node of a home. */
public final class ControlClient {
    /** The refs of the largest repository that is allowed: 200,000 names of up to 255 bytes, each with its object. */
    private static final int MAX_LINE = 128 << 20;

    private final Path home;

    public ControlClient(Path home) {
        this.home = home;
    }

    /** True if a node answers. */
    public boolean isRunning() {
        Path socket = ControlSocket.path(home);
        if (!Files.exists(socket)) {
            return false;
        }
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            return channel.isConnected();
        } catch (IOException nobody) {
            return false;
        }
    }

    /**
     * Sends {@code request} and hands each event to {@code events}, but for the last.
     *
     * @return the {@code done} event
     * @throws Failure what the node says, or NO_NODE if none runs
     */
    public Event call(Request request, Consumer<Event> events) throws Failure {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(ControlSocket.path(home)))) {
            return converse(new LineChannel(channel, MAX_LINE), request, events);
        } catch (MalformedException e) {
            throw new Failure(
                    ExitCode.FAILED, "the node's answer is " + e.getMessage(), "see the node's log: log/node.log", e);
        } catch (IOException e) {
            throw new Failure(
                    ExitCode.NO_NODE,
                    "no node is running in " + home,
                    "start one with: guts node start --background",
                    e);
        }
    }

    /** The same for requests that answer with nothing but {@code done}. */
    public Event call(Request request) throws Failure {
        return call(request, event -> {});
    }

    private static Event converse(LineChannel lines, Request request, Consumer<Event> events)
            throws Failure, IOException {
        lines.write(request.json());
        while (true) {
            String line;
            try {
                line = lines.read();
            } catch (MalformedException e) {
                throw e;
            } catch (IOException e) {
                throw gone(request, e);
            }
            if (line == null) {
                throw gone(request, null);
            }
            Event event = Event.parse(line);
            if (event.is("error")) {
                throw Failure.of(event);
            }
            if (event.is("done")) {
                return event;
            }
            events.accept(event);
        }
    }

    private static Failure gone(Request request, @org.jspecify.annotations.Nullable IOException cause) {
        return new Failure(
                ExitCode.FAILED,
                "the node ended while it worked on \"" + request.command() + "\"",
                "see its log (log/node.log in its home), then run the command again to go on",
                cause);
    }
}
