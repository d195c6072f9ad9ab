/** The libp2p-noise secure channel: Noise XX, identities signed within, records of ChaCha20-Poly1305. */
package network.guts.libp2p.noise;
