/** The figures of a node, in Prometheus' formats on a loopback address. {@code docs/operations/metrics.md} lists them. */
package network.guts.node.metrics;
