/** What a node may be told: {@code config.toml}, {@code GUTS_…} variables, flags; every key in all three forms. */
package network.guts.node.config;
