package network.guts.sync.pack;

/**
 * A whole object. The array is not copied: neither side changes it.
 *
 * @param data the content, without git's header
 */
@SuppressWarnings("ArrayRecordComponent")
public record GitObject(ObjectType type, byte[] data) {}
