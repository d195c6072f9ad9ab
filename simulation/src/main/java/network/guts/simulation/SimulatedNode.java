package network.guts.simulation;

import java.time.Duration;
import network.guts.core.Protocol;

/**
 * How one protocol core meets the modelled network: the test that knows the protocol's inputs and effects says which
 * input a message is and what an effect does.
 *
 * @param <A> the addresses of nodes
 * @param <M> the messages on the modelled network
 * @param <I> the core's inputs
 * @param <E> the core's effects
 */
public interface SimulatedNode<A extends Comparable<A>, M, I, E> {
    Protocol<I, E> core();

    /** The input that an arriving message is. */
    I received(A from, M message);

    /** The input that tells the core that {@code message} could not be delivered: nobody there, or cut off. */
    I undelivered(A to, M message);

    /** Does what the core wants. */
    void perform(E effect, Port<A, M, I> port);

    /** What a node may do in the simulation. */
    interface Port<A extends Comparable<A>, M, I> {
        /** Sends on the modelled network. */
        void send(A to, M message);

        /** Gives the own core an input after a while: a disk that answers, a dial that ends. */
        void later(Duration delay, I input);
    }
}
