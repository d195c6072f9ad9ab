/**
 * The values of a repository on the network, as {@code docs/protocols/repositories.md} defines them. What is constructed
 * here is well-formed; whether a signature or a chain makes it valid is decided in {@code core}.
 */
package network.guts.sync.model;
