package network.guts.core;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The core of a protocol: a single-threaded object without I/O, clock or chance of its own. Inputs come in as values
 * with the time; what it wants done goes out as values, in order. The same core runs on sockets (a loop in
 * {@code runtime}) and on virtual time ({@code simulation}), and replays for a seed.
 *
 * <p>What a remote does wrong is an input like any other; an exception out of a core is a bug in the core.
 *
 * @param <I> the inputs: a sealed interface of records
 * @param <E> the effects: a sealed interface of records
 */
public interface Protocol<I, E> {
    /** Takes one input. {@code now} never runs backwards from one call to the next. */
    List<E> handle(I input, Instant now);

    /** Called at or after {@link #nextDeadline()}. */
    List<E> wake(Instant now);

    /** When {@link #wake} is wanted next; null if nothing is waited for. May change with every call of the others. */
    @Nullable Instant nextDeadline();
}
