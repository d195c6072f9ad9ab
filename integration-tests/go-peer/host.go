package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/protocol/autonatv2"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	libp2ptls "github.com/libp2p/go-libp2p/p2p/security/tls"
	quic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"
)

// Nothing that a test waits for takes longer on a busy machine.
const timeout = 60 * time.Second

// peerHost is a host with the test protocols.
type peerHost struct {
	host.Host
	lock     sync.Mutex
	outcomes []string
	released chan struct{}
	floods   map[int]*flood
	said     map[peer.ID]event.EvtPeerIdentificationCompleted
	heard    *sync.Cond
	autonat  *autonatv2.AutoNAT
}

func newKey(kind string) (crypto.PrivKey, error) {
	types := map[string]int{"ed25519": crypto.Ed25519, "secp256k1": crypto.Secp256k1, "ecdsa": crypto.ECDSA, "rsa": crypto.RSA}
	number, known := types[kind]
	if !known {
		return nil, fmt.Errorf("no kind of key is called %q", kind)
	}
	key, _, err := crypto.GenerateKeyPairWithReader(number, 2048, rand.Reader)
	return key, err
}

func options(r request, listen bool) ([]libp2p.Option, error) {
	key, err := newKey(r.Key)
	if err != nil {
		return nil, err
	}
	all := []libp2p.Option{
		libp2p.Identity(key),
		libp2p.DisableMetrics(),
		libp2p.ResourceManager(&network.NullResourceManager{}),
		libp2p.Muxer(yamux.ID, yamux.DefaultTransport),
		libp2p.NonPublicAddrPublishing(true),
	}
	address := "/ip4/127.0.0.1/tcp/0"
	switch r.Transport {
	case "tcp":
		all = append(all, libp2p.Transport(tcp.NewTCPTransport))
		switch r.Security {
		case "noise":
			all = append(all, libp2p.Security(noise.ID, noise.New))
		case "tls":
			all = append(all, libp2p.Security(libp2ptls.ID, libp2ptls.New))
		default:
			return nil, fmt.Errorf("no secure channel is called %q", r.Security)
		}
	case "quic":
		address = "/ip4/127.0.0.1/udp/0/quic-v1"
		all = append(all, libp2p.Transport(quic.NewTransport))
	default:
		return nil, fmt.Errorf("no transport is called %q", r.Transport)
	}
	relays, err := relayOptions(r)
	if err != nil {
		return nil, err
	}
	all = append(all, relays...)
	if r.Listen != "" {
		address = r.Listen
	}
	if listen {
		return append(all, libp2p.ListenAddrStrings(address)), nil
	}
	return append(all, libp2p.NoListenAddrs), nil
}

func newHost(r request) (*peerHost, error) {
	all, err := options(r, true)
	if err != nil {
		return nil, err
	}
	h, err := libp2p.New(all...)
	if err != nil {
		return nil, err
	}
	p := &peerHost{
		Host: h, released: make(chan struct{}), floods: map[int]*flood{},
		said: map[peer.ID]event.EvtPeerIdentificationCompleted{},
	}
	p.heard = sync.NewCond(&p.lock)
	events, err := h.EventBus().Subscribe(new(event.EvtPeerIdentificationCompleted))
	if err != nil {
		return nil, err
	}
	go func() {
		for e := range events.Out() {
			completed := e.(event.EvtPeerIdentificationCompleted)
			p.lock.Lock()
			p.said[completed.Peer] = completed
			p.heard.Broadcast()
			p.lock.Unlock()
		}
	}()
	p.serve()
	if r.Autonat {
		if p.autonat, err = startAutonat(r, h); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// crowd makes many hosts that dial one address and do nothing more.
func crowd(r request) ([]*peerHost, error) {
	info, err := peer.AddrInfoFromString(r.Address)
	if err != nil {
		return nil, err
	}
	var all []*peerHost
	for i := 0; i < r.Count; i++ {
		settings, err := options(r, false)
		if err != nil {
			return all, err
		}
		h, err := libp2p.New(settings...)
		if err != nil {
			return all, err
		}
		all = append(all, &peerHost{Host: h})
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		err = h.Connect(ctx, *info)
		cancel()
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

func (h *peerHost) address() string {
	for _, address := range h.Addrs() {
		return address.String() + "/p2p/" + h.ID().String()
	}
	return ""
}

func (h *peerHost) dial(r request) (answer, error) {
	info, err := peer.AddrInfoFromString(r.Address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if err := h.Connect(ctx, *info); err != nil {
		return nil, err
	}
	return answer{"peer": info.ID.String()}, nil
}

func (h *peerHost) disconnect(r request) (answer, error) {
	id, err := peer.Decode(r.Peer)
	if err != nil {
		return nil, err
	}
	h.Peerstore().ClearAddrs(id)
	return answer{}, h.Network().ClosePeer(id)
}

func (h *peerHost) connections(request) (answer, error) {
	all := []answer{}
	for _, c := range h.Network().Conns() {
		state := c.ConnState()
		all = append(all, answer{
			"peer": c.RemotePeer().String(), "direction": c.Stat().Direction.String(), "transport": state.Transport,
			"encryption": string(state.Security), "multiplexer": string(state.StreamMultiplexer), "early": state.UsedEarlyMuxerNegotiation,
			"key": c.RemotePublicKey().Type().String(), "relayed": isRelayed(c.RemoteMultiaddr()), "limited": c.Stat().Limited,
		})
	}
	return answer{"connections": all}, nil
}

func (h *peerHost) ping(r request) (answer, error) {
	id, err := peer.Decode(r.Peer)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	count := max(r.Count, 1)
	results := ping.Ping(network.WithNoDial(ctx, "ping"), h, id)
	var seconds []float64
	for len(seconds) < count {
		result := <-results
		if result.Error != nil {
			return nil, result.Error
		}
		seconds = append(seconds, result.RTT.Seconds())
	}
	return answer{"seconds": seconds}, nil
}

// dialPing measures from the dial to the first answered ping, each time on a new connection.
func (h *peerHost) dialPing(r request) (answer, error) {
	info, err := peer.AddrInfoFromString(r.Address)
	if err != nil {
		return nil, err
	}
	var seconds []float64
	for i := 0; i < max(r.Count, 1); i++ {
		if err := h.Network().ClosePeer(info.ID); err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		start := time.Now()
		err := h.Connect(ctx, *info)
		if err == nil {
			err = (<-ping.Ping(ctx, h, info.ID)).Error
		}
		cancel()
		if err != nil {
			return nil, err
		}
		seconds = append(seconds, time.Since(start).Seconds())
	}
	return answer{"seconds": seconds}, nil
}

func (h *peerHost) identify(r request) (answer, error) {
	id, err := peer.Decode(r.Peer)
	if err != nil {
		return nil, err
	}
	// Identify begins by itself on a new connection.
	late := false
	timer := time.AfterFunc(timeout, func() {
		h.lock.Lock()
		defer h.lock.Unlock()
		late = true
		h.heard.Broadcast()
	})
	defer timer.Stop()
	h.lock.Lock()
	defer h.lock.Unlock()
	for {
		if said, ok := h.said[id]; ok {
			return answer{
				"agent": said.AgentVersion, "protocols": said.Protocols, "addresses": texts(said.ListenAddrs),
				"observed": said.ObservedAddr.String(), "signed": said.SignedPeerRecord != nil,
			}, nil
		}
		if late {
			return nil, fmt.Errorf("identify of %s: nothing within %s", id, timeout)
		}
		h.heard.Wait()
	}
}

func texts(addresses []ma.Multiaddr) []string {
	all := []string{}
	for _, address := range addresses {
		all = append(all, address.String())
	}
	return all
}
