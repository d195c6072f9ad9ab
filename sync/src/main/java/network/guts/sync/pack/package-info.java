/**
 * Git packs: parsed on all cores while they arrive, checked, completed for git, served, consolidated. Written in
 * {@code docs/protocols/packs.md}. Everything here blocks and uses platform threads for the work that needs a core.
 */
package network.guts.sync.pack;
