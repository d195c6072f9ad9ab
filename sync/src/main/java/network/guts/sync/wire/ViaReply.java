package network.guts.sync.wire;

import java.time.Duration;

/** What a seeder answers to a {@link network.guts.sync.model.ViaAsk}: some of the first, then one of the others. */
public sealed interface ViaReply {
    /**
     * It has agreed, and is at work.
     *
     * @param phase in a word or two, without control characters
     * @param totalBytes 0 until it is known, as {@code totalObjects}
     */
    record Working(String phase, long bytes, long totalBytes, long objects, long totalObjects) implements ViaReply {}

    /**
     * All is complete, verified, served and provided.
     *
     * @param sequence of the signer's newest header there
     */
    record Kept(long sequence) implements ViaReply {}

    /**
     * It is not kept.
     *
     * @param message for people; escaped before it is shown
     * @param retryAfter with {@link Code#BUSY}
     */
    record Failure(Code code, String message, Duration retryAfter) implements ViaReply {
        public Failure(Code code, String message) {
            this(code, message, Duration.ZERO);
        }

        /** The numbers of the protocol; those that the sync protocol has too mean the same. */
        public enum Code {
            MALFORMED(1),
            BUSY(5),
            /** A policy, a quota or a limit, or the signer is no delegate. */
            REFUSED(6),
            INTERNAL(8),
            /** It was tried and did not work; it may be tried again. */
            FAILED(9);

            private final int number;

            Code(int number) {
                this.number = number;
            }

            public int number() {
                return number;
            }
        }
    }
}
