package network.guts.libp2p.quic;

import io.netty.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Operations on Netty's channels whose outcome changes nothing: what is to be ended may have ended before. */
final class Outcome {
    private static final Logger LOG = LoggerFactory.getLogger(Outcome.class);

    private Outcome() {}

    static void ofNoConcern(Future<?> operation) {
        operation.addListener(done -> {
            if (!done.isSuccess()) {
                LOG.debug("ending a channel: {}", String.valueOf(done.cause()));
            }
        });
    }
}
