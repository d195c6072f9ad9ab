/**
 * The repositories that this node holds: their state on disk and in memory ({@link
 * network.guts.sync.local.LocalRepository}), and what is done with them besides fetching: publish, push, serve,
 * announcements, freshness.
 */
package network.guts.sync.local;
