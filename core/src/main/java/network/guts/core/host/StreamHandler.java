package network.guts.core.host;

import java.io.IOException;

/** Serves one inbound stream on a virtual thread of its own. */
@FunctionalInterface
public interface StreamHandler {
    /**
     * The stream is closed when this returns and reset when it throws. An {@link IOException} is the remote's failure and
     * is logged low; anything else is a bug of ours and is logged high.
     */
    void handle(Stream stream) throws IOException;
}
