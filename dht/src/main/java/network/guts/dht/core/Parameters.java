package network.guts.dht.core;

import java.time.Duration;

/** The numbers of the specification, and those that it leaves to the implementation, with their reasons. */
public final class Parameters {
    /** Replication: a bucket's size, how many peers hold a record, how many a look-up ends with. */
    public static final int K = 20;

    /** Requests that a look-up has under way at once. */
    public static final int ALPHA = 10;

    /** A refresh needs no exact result and is in no hurry: it asks so many at once, and ends when so many have answered. */
    public static final int BETA = 3;

    /** What a peer may take to answer, dialling included: the public network's clients wait as long. */
    public static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);

    /** How often buckets are refreshed, and how old the proof of an entry's life may be. */
    public static final Duration REFRESH_INTERVAL = Duration.ofMinutes(10);

    /** Closer peers of one response that are used, as the public network's clients do. */
    public static final int MAX_CLOSER_PEERS = 40;

    /** Providers of one response that are used: more than a fetch can use. */
    public static final int MAX_PROVIDERS = 200;

    /** Addresses of one peer that are used or passed on: hosts have fewer that work. */
    public static final int MAX_ADDRESSES = 16;

    /** The specification's bounds of a record's key, in bytes. */
    public static final int MAX_KEY_BYTES = 80;

    private Parameters() {}
}
