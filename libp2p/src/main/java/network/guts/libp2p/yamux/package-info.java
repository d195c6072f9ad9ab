/** The Yamux muxer: many streams over one secured connection, with flow control. */
package network.guts.libp2p.yamux;
