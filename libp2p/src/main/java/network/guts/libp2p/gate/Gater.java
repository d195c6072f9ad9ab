package network.guts.libp2p.gate;

import java.net.InetAddress;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import network.guts.core.PeerId;
import network.guts.libp2p.limits.ErrorCode;
import network.guts.libp2p.limits.RefusedException;

/** Applies the rules at each step of a connection; they may change meanwhile. Thread-safe. */
public final class Gater {
    private final AtomicReference<GateRules> rules;
    private final Consumer<String> counter;

    /**
     * @param counter told the name under which each refusal is counted
     */
    public Gater(GateRules rules, Consumer<String> counter) {
        this.rules = new AtomicReference<>(rules);
        this.counter = counter;
    }

    public GateRules rules() {
        return rules.get();
    }

    /** From now on these hold. Whoever calls this ends the connections that are not wanted any more. */
    public void change(UnaryOperator<GateRules> change) {
        rules.updateAndGet(change);
    }

    /**
     * Before the handshake.
     *
     * @throws RefusedException if nobody there may connect
     */
    public void accept(InetAddress address) throws RefusedException {
        refuse(rules.get().refusal(address), "gate.address");
    }

    /**
     * Before a dial, and after a handshake.
     *
     * @param address of the peer; empty as long as none is chosen
     * @throws RefusedException if there may be no connection
     */
    public void check(PeerId peer, Optional<InetAddress> address) throws RefusedException {
        refuse(rules.get().refusal(peer, address), "gate.peer");
    }

    private void refuse(Optional<String> reason, String name) throws RefusedException {
        if (reason.isPresent()) {
            counter.accept(name);
            throw new RefusedException(ErrorCode.GATED, reason.get());
        }
    }

    /** True if a connection that is there may stay. */
    public boolean admits(PeerId peer, Optional<InetAddress> address) {
        return rules.get().refusal(peer, address).isEmpty();
    }

    /** True if no limit for each address holds for {@code address}. */
    public boolean exempts(InetAddress address) {
        return rules.get().allows(address);
    }

    /** The same of a peer that is at {@code address}. */
    public boolean exempts(PeerId peer, Optional<InetAddress> address) {
        GateRules now = rules.get();
        return now.allows(peer) || address.filter(now::allows).isPresent();
    }
}
