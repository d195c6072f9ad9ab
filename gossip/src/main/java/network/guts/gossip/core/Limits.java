package network.guts.gossip.core;

import java.time.Duration;

/** Bounds of everything that a remote can grow, side by side. */
public final class Limits {
    /** Announcements are a few hundred bytes; an identity chain of 16 KiB fits with room. The data, in bytes. */
    public static final int MAX_DATA = 64 * 1024;

    /** What go-libp2p accepts, in bytes; several messages and control entries share an RPC. */
    public static final int MAX_RPC = 1024 * 1024;

    /** In bytes of UTF-8. A repository's topic has about 75. */
    public static final int MAX_TOPIC_BYTES = 256;

    /** Topics that this node follows: a hello with all of them stays below rust-libp2p's 64 KiB an RPC. */
    public static final int MAX_OWN_TOPICS = 512;

    /** Topics that are remembered of one peer: as many as a node of ours may follow. */
    public static final int MAX_TOPICS_PER_PEER = 512;

    /** Topics remembered of all peers together; beyond, only the ones that this node follows. About 20 MB at worst. */
    public static final int MAX_TOPIC_ENTRIES = 65_536;

    /** Subscription changes read of one RPC: a hello and then some; the rest is ignored. */
    public static final int MAX_SUBSCRIPTIONS_PER_RPC = 1_024;

    /** Messages read of one RPC; honest peers send one or a few; the rest is ignored. */
    public static final int MAX_MESSAGES_PER_RPC = 256;

    /** GRAFTs, PRUNEs and IHAVEs, each, read of one RPC: one for each topic; the rest is ignored. */
    public static final int MAX_CONTROL_ENTRIES_PER_RPC = MAX_OWN_TOPICS;

    /** Message ids read of one RPC, and asked of one peer between two heartbeats (go-libp2p's MaxIHaveLength). */
    public static final int MAX_IDS_PER_RPC = 5_000;

    /** Message ids that one IHAVE of ours names: 34 KB, below rust-libp2p's 64 KiB an RPC. */
    public static final int MAX_IDS_PER_IHAVE = 1_000;

    /** IHAVE RPCs heard of one peer between two heartbeats (go-libp2p's MaxIHaveMessages). */
    public static final int MAX_IHAVE_PER_HEARTBEAT = 10;

    /** How often one peer gets one message by IWANT (the specification's retransmission limit). */
    public static final int MAX_RETRANSMISSIONS = 3;

    /** Ids that are remembered as seen: about 10 MB. */
    public static final int MAX_SEEN = 65_536;

    /** Messages kept for IWANT. */
    public static final int MAX_CACHED_MESSAGES = 2_048;

    /** Bytes of the messages kept for IWANT. */
    public static final long MAX_CACHED_BYTES = 16L * 1024 * 1024;

    /** Messages that wait for their verdict. */
    public static final int MAX_PENDING = 512;

    /** Messages of one peer that wait for their verdict: none can crowd out the others. */
    public static final int MAX_PENDING_PER_PEER = 64;

    /** Bytes of the messages that wait for their verdict. */
    public static final long MAX_PENDING_BYTES = 16L * 1024 * 1024;

    /** The shell's time-out is shorter; this one holds if a verdict never comes. */
    public static final Duration PENDING_TTL = Duration.ofMinutes(1);

    /** Back-offs remembered; the oldest go first. */
    public static final int MAX_BACKOFFS = 8_192;

    /** A remote that asks for a longer back-off gets this one. */
    public static final Duration MAX_BACKOFF = Duration.ofHours(1);

    /** Ids whose delivery somebody promised by IHAVE; the oldest go first. */
    public static final int MAX_PROMISES = 4_096;

    /** Topics with a fan-out; the one published to longest ago goes first. */
    public static final int MAX_FANOUT_TOPICS = 256;

    private Limits() {}
}
