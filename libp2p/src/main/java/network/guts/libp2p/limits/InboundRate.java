package network.guts.libp2p.limits;

/**
 * How many new connections may come from one public IP address (IPv6: one /56).
 *
 * @param perSecond in the long run; above zero
 * @param burst at once; at least 1
 */
public record InboundRate(double perSecond, int burst) {
    /** Sixteen nodes behind one NAT that start together get in; who knocks on and on is slowed to one in two seconds. */
    public static final InboundRate DEFAULT = new InboundRate(0.5, 16);

    public InboundRate {
        if (!(perSecond > 0) || perSecond > 1e6 || burst < 1) {
            throw new IllegalArgumentException("a rate is above 0, and its burst at least 1");
        }
    }
}
