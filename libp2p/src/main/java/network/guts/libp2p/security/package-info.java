/** What every secure channel offers to the muxer above it, and how one is asked for. */
package network.guts.libp2p.security;
