package network.guts.sync.wire;

import java.time.Duration;

/** The bounds of the sync protocol, all that a remote could otherwise grow. */
public final class SyncLimits {
    public static final String PROTOCOL = "/guts/sync/1.0.0";
    public static final int VERSION = 1;

    /** Every message but a chunk fits into this, requests of a server's clients above all. */
    public static final int MAX_FRAME = 64 * 1024;

    /** A chunk of 1 MiB and its head. */
    public static final int MAX_CHUNK_FRAME = (1 << 20) + 1024;

    /** Bytes of a piece of a body or a descriptor: leaves room for the head within {@link #MAX_FRAME}. */
    public static final int PIECE = 56 * 1024;

    /** Requests without a complete reply on one stream. */
    public static final int MAX_OPEN_REQUESTS = 16;

    /** Streams of one peer. */
    public static final int MAX_STREAMS_PER_PEER = 4;

    /** Chunks in one request: a reply of 64 MiB at most. */
    public static final int MAX_CHUNKS_PER_REQUEST = 64;

    /** Without a byte on an open request the stream is reset. */
    public static final Duration SILENCE = Duration.ofSeconds(30);

    /** Without a request the stream is reset. */
    public static final Duration IDLE = Duration.ofMinutes(10);

    /** Peer records in a reply. */
    public static final int MAX_PEERS = 20;

    /** Signers in a {@code since}: the delegates of the newest revision, and those of a few before it. */
    public static final int MAX_SINCE = 128;

    /** All of a Refs reply: 64 identities with their envelopes, 64 headers for each of 32 delegates. */
    public static final int MAX_REFS_REPLY = 8 << 20;

    /** A body of 200,000 refs with the longest names takes 57 MB. */
    public static final int MAX_BODY = 64 << 20;

    /** A descriptor: 40 bytes for each MiB of the pack, 22 for each base: a pack of 400 GB. */
    public static final int MAX_DESCRIPTOR = 16 << 20;

    /** Repositories in a page of the inventory. */
    public static final int INVENTORY_PAGE = 1000;

    /** A body this small travels with the header. */
    public static final int SMALL_BODY = 8 * 1024;

    static final int MAX_CAPABILITIES = 32;
    static final int MAX_TEXT = 500;

    private SyncLimits() {}
}
