package network.guts.libp2p.limits;

/** Memory that is reserved before it is used. Thread-safe; never blocks for long. */
public interface MemoryBudget {
    /** Where nobody counts. */
    MemoryBudget UNLIMITED = new MemoryBudget() {
        @Override
        public boolean reserve(long bytes, Priority priority) {
            return true;
        }

        @Override
        public void release(long bytes) {}
    };

    /** False if there is not enough left: then nothing is reserved. */
    boolean reserve(long bytes, Priority priority);

    /** Gives back what was reserved. */
    void release(long bytes);
}
