package main

import (
	"context"
	"errors"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/p2p/protocol/autonatv2"
	ma "github.com/multiformats/go-multiaddr"
)

// startAutonat makes the host a client and a server of AutoNAT v2 that knows private addresses too: everything is on loopback.
func startAutonat(r request, h host.Host) (*autonatv2.AutoNAT, error) {
	settings, err := options(r, false)
	if err != nil {
		return nil, err
	}
	dialer, err := libp2p.New(settings...)
	if err != nil {
		return nil, err
	}
	service, err := autonatv2.New(dialer, autonatv2.AllowPrivateAddrs)
	if err != nil {
		return nil, err
	}
	return service, service.Start(h)
}

// reachability asks one server, whichever it knows, about one address.
func (h *peerHost) reachability(r request) (answer, error) {
	if h.autonat == nil {
		return nil, errors.New("this host has no AutoNAT")
	}
	address, err := ma.NewMultiaddr(r.Address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	result, err := h.autonat.GetReachability(ctx, []autonatv2.Request{{Addr: address, SendDialData: true}})
	if err != nil {
		return nil, err
	}
	return answer{"reachability": result.Reachability.String(), "refused": result.AllAddrsRefused}, nil
}
