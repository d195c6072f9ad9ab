package main

import (
	"context"
	"fmt"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/client"
	ma "github.com/multiformats/go-multiaddr"
)

// What a host does with relays: "none" (the default), "client" (dials and is dialled through relays), "server" (is one as
// well), "punch" (a client that punches holes).
func relayOptions(r request) ([]libp2p.Option, error) {
	switch r.Relay {
	case "", "none":
		return []libp2p.Option{libp2p.DisableRelay()}, nil
	case "client":
		return []libp2p.Option{libp2p.EnableRelay(), libp2p.ForceReachabilityPrivate()}, nil
	case "server":
		return []libp2p.Option{libp2p.EnableRelay(), libp2p.EnableRelayService(), libp2p.ForceReachabilityPublic()}, nil
	case "punch":
		return []libp2p.Option{libp2p.EnableRelay(), libp2p.EnableHolePunching(), libp2p.ForceReachabilityPrivate()}, nil
	}
	return nil, fmt.Errorf("no use of relays is called %q", r.Relay)
}

// reserve takes a place with the relay at "address".
func (h *peerHost) reserve(r request) (answer, error) {
	info, err := peer.AddrInfoFromString(r.Address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if err := h.Connect(ctx, *info); err != nil {
		return nil, err
	}
	reservation, err := client.Reserve(ctx, h, *info)
	if err != nil {
		return nil, err
	}
	return answer{
		"expires": reservation.Expiration.Unix(), "addresses": texts(reservation.Addrs), "voucher": reservation.Voucher != nil,
		"seconds": reservation.LimitDuration.Seconds(), "bytes": reservation.LimitData,
	}, nil
}

func isRelayed(address ma.Multiaddr) bool {
	_, err := address.ValueForProtocol(ma.P_CIRCUIT)
	return err == nil
}
