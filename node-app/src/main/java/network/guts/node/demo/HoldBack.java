package network.guts.node.demo;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import network.guts.node.demo.MeddlingHost.Meddling;

/** An honest provider that is busy until others have misbehaved. */
record HoldBack(CountDownLatch lied, CountDownLatch died) implements Meddling {
    private static final int PATIENCE_SECONDS = 10;

    @Override
    public void message() throws IOException {
        try {
            if (!lied.await(PATIENCE_SECONDS, TimeUnit.SECONDS) || !died.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("nobody misbehaved");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public byte[] chunk(byte[] bytes) {
        return bytes;
    }
}
