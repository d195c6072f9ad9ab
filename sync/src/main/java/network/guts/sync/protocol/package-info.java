/** The sync protocol on streams: {@link network.guts.sync.protocol.SyncClient} asks, {@link network.guts.sync.protocol.SyncServer} answers. */
package network.guts.sync.protocol;
