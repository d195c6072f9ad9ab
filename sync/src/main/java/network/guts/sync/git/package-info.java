/**
 * Repositories on disk: the node's own bare ones, and those of users that are published. The user's git is run for what
 * only it knows how to do.
 */
package network.guts.sync.git;
