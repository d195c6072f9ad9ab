package network.guts.node.control;

import java.io.IOException;
import network.guts.node.output.Event;

/** What a node does for one command of the control socket. */
@FunctionalInterface
public interface Operation {
    /**
     * Runs on a virtual thread of its own, which is interrupted when the client goes away. The events of {@code reply}
     * reach the client in order; a {@code done} event ends the request, and is sent with nothing in it if this returns
     * without one.
     */
    void run(Request request, Reply reply) throws Exception;

    /** Sends events to the client. Thread-safe; blocks while the client does not read. */
    @FunctionalInterface
    interface Reply {
        /**
         * @throws IOException if the client is gone
         */
        void send(Event event) throws IOException;
    }
}
