package network.guts.libp2p.limits;

/** A limit is reached. */
public final class LimitExceededException extends RefusedException {
    private static final long serialVersionUID = 1L;

    private final Level level;
    private final Resource resource;

    LimitExceededException(Limit limit, long value) {
        super(ErrorCode.RESOURCE_LIMIT_EXCEEDED, "the limit " + limit.name() + " (" + value + ") is reached");
        this.level = limit.level();
        this.resource = limit.resource();
    }

    public Limit limit() {
        return new Limit(level, resource);
    }
}
