/** From a raw connection to one that is secured and carries streams: security, then muxer, both negotiated. */
package network.guts.libp2p.upgrade;
