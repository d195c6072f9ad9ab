package network.guts.sync.model;

import network.guts.core.Bytes;

/**
 * A delegate's word, for those who list or mirror everything, that a repository exists.
 *
 * @param identity hash of the newest revision
 * @param summary a line for lists, at most {@link #MAX_SUMMARY} bytes of UTF-8
 */
public record RepositoryAnnouncement(RepositoryId repository, Bytes identity, String summary) {
    /** A line or two. */
    public static final int MAX_SUMMARY = 512;
}
