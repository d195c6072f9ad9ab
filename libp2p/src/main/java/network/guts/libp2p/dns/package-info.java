/** From names to addresses: {@code /dns}, {@code /dns4}, {@code /dns6} and {@code /dnsaddr}. */
package network.guts.libp2p.dns;
