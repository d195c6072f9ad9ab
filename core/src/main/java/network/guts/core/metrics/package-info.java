/** What modules measure of themselves, as interfaces: the program decides what becomes of it. */
package network.guts.core.metrics;
