/** What the protocols need of a libp2p host, as interfaces: {@code libp2p} implements them, tests may too. */
package network.guts.core.host;
