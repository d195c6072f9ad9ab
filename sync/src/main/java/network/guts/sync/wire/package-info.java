/** Bytes to valid records and back: what comes out of here keeps every limit of its format. */
package network.guts.sync.wire;
