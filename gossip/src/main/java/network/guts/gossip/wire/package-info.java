/** Bytes to valid records and back: {@link network.guts.gossip.wire.RpcCodec}, {@link network.guts.gossip.wire.StrictSign}. */
package network.guts.gossip.wire;
