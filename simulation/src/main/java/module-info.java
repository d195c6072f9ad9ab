/** The kernel of a simulation: virtual time, a modelled network, faults. Runs any protocol core, for a seed. */
@org.jspecify.annotations.NullMarked
module network.guts.simulation {
    requires transitive network.guts.core;

    exports network.guts.simulation;
}
