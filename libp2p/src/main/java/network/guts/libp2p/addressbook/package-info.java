/** Where peers can be dialled: in SQLite, with the peers in use in memory. */
package network.guts.libp2p.addressbook;
