package network.guts.libp2p.limits;

import java.io.IOException;

/** Something was refused here, with the code that the remote is told. */
public class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;

    public RefusedException(ErrorCode code, String message) {
        super(message);
        this.code = code;
    }

    public ErrorCode code() {
        return code;
    }

    /** None: refusing must be cheap, and where it happens is known. */
    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
