/**
 * The kernel of a simulation. {@link network.guts.simulation.Simulation} owns virtual time and the order of events,
 * {@link network.guts.simulation.NetworkModel} says how long a message takes and which are lost. The same seed replays the
 * same run, event for event.
 */
package network.guts.simulation;
