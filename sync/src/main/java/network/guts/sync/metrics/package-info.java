/** What sync counts of itself. */
package network.guts.sync.metrics;
