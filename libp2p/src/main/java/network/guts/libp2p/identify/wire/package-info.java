/** The identify message: bytes to valid records and back. */
package network.guts.libp2p.identify.wire;
