// A scriptable go-libp2p peer for the interoperability tests and the benchmarks. Reads one JSON command a line on stdin and
// writes one JSON answer a line on stdout, which carries the command's id. One process holds as many hosts as are asked for,
// each of one transport, one secure channel and one kind of key. Hosts listen on loopback, unless told another address, and
// dial what they are told to: no bootstrap peers, no relays but those, no port mapping, no discovery.
//
//	{"id":1,"do":"host","name":"a","transport":"tcp","security":"noise","key":"ed25519"} -> {"id":1,"event":"ok","peer":…,"address":…}
//	{"id":2,"do":"dial","host":"a","address":"/ip4/127.0.0.1/tcp/…/p2p/…"}                -> {"id":2,"event":"ok","peer":…}
//
// The other commands are the keys of the map below; js-peer/peer.js answers the same ones.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
)

// request holds the arguments of all commands.
type request struct {
	ID        int    `json:"id"`
	Do        string `json:"do"`
	Name      string `json:"name"`
	Transport string `json:"transport"`
	Security  string `json:"security"`
	Key       string `json:"key"`
	Host      string `json:"host"`
	Peer      string `json:"peer"`
	Address   string `json:"address"`
	Bytes     int64  `json:"bytes"`
	Up        int64  `json:"up"`
	Down      int64  `json:"down"`
	Count     int    `json:"count"`
	Flood     int    `json:"flood"`
	Autonat   bool   `json:"autonat"`
	Relay     string `json:"relay"`
	Listen    string `json:"listen"`
}

type answer map[string]any

var commands = map[string]func(*peerHost, request) (answer, error){
	"dial":         (*peerHost).dial,
	"reachability": (*peerHost).reachability,
	"disconnect":   (*peerHost).disconnect,
	"connections":  (*peerHost).connections,
	"ping":         (*peerHost).ping,
	"dial-ping":    (*peerHost).dialPing,
	"identify":     (*peerHost).identify,
	"upload":       (*peerHost).upload,
	"download":     (*peerHost).download,
	"echo":         (*peerHost).echo,
	"half-close":   (*peerHost).halfClose,
	"reset":        (*peerHost).reset,
	"reset-by-us":  (*peerHost).resetByUs,
	"observed":     (*peerHost).observed,
	"streams":      (*peerHost).streams,
	"flood":        (*peerHost).flood,
	"release":      (*peerHost).release,
	"flood-end":    (*peerHost).floodEnd,
	"perf":         (*peerHost).perf,
	"reserve":      (*peerHost).reserve,
}

var output sync.Mutex

func say(event answer) {
	line, err := json.Marshal(event)
	if err != nil {
		panic(err)
	}
	output.Lock()
	defer output.Unlock()
	os.Stdout.Write(append(line, '\n'))
}

func main() {
	say(answer{"event": "ready"})
	hosts := map[string]*peerHost{}
	crowds := map[string][]*peerHost{}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var r request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			say(answer{"event": "failed", "message": err.Error()})
			continue
		}
		switch r.Do {
		case "stop":
			return
		case "host":
			h, err := newHost(r)
			if err == nil {
				hosts[r.Name] = h
				reply(r, answer{"peer": h.ID().String(), "address": h.address()}, nil)
			} else {
				reply(r, nil, err)
			}
		case "settle":
			debug.FreeOSMemory()
			reply(r, answer{}, nil)
		case "crowd":
			var err error
			crowds[r.Name], err = crowd(r)
			reply(r, answer{"connections": len(crowds[r.Name])}, err)
		case "disperse":
			for _, h := range crowds[r.Name] {
				h.Close()
			}
			delete(crowds, r.Name)
			reply(r, answer{}, nil)
		default:
			h, run := hosts[r.Host], commands[r.Do]
			if h == nil || run == nil {
				reply(r, nil, fmt.Errorf("no host %q or no command %q", r.Host, r.Do))
				continue
			}
			// Commands run side by side: a slow one does not hold up a ping.
			go func() {
				result, err := run(h, r)
				reply(r, result, err)
			}()
		}
	}
}

func reply(r request, result answer, err error) {
	if err != nil {
		say(answer{"id": r.ID, "event": "failed", "message": err.Error()})
		return
	}
	result["id"] = r.ID
	result["event"] = "ok"
	say(result)
}
