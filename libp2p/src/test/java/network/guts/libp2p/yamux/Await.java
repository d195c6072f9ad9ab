package network.guts.libp2p.yamux;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import network.guts.libp2p.upgrade.Pair;

/** Waits for what happens on other threads. */
final class Await {
    private Await() {}

    static void until(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + Pair.TIMEOUT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("never: " + what);
            }
            LockSupport.parkNanos(1_000_000);
        }
    }
}
