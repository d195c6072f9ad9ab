/** multistream-select 1.0: two sides agree on a protocol, on a raw connection or on a stream. */
package network.guts.libp2p.multistream;
