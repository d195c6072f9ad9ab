/**
 * {@code /perf/1.0.0}: how fast a stream is.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/perf/perf.md">perf</a>
 */
package network.guts.libp2p.perf;
