/** Many streams over one secured connection, as interfaces; {@code yamux} implements them. */
package network.guts.libp2p.muxer;
