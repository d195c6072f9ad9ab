/**
 * What a transport is to the host: addresses that it dials and listens on, and connections that are secured and carry
 * streams. TCP and QUIC are two of them.
 */
package network.guts.libp2p.transport;
