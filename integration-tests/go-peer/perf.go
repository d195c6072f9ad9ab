package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
)

// The server of /perf/1.0.0.
func servePerf(s network.Stream) error {
	var count [8]byte
	if _, err := io.ReadFull(s, count[:]); err != nil {
		return err
	}
	buffer := make([]byte, chunk)
	for {
		if _, err := s.Read(buffer); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
	}
	return writeZeros(s, binary.BigEndian.Uint64(count[:]))
}

func writeZeros(s network.Stream, count uint64) error {
	zeros := make([]byte, chunk)
	for count > 0 {
		length := min(count, chunk)
		if _, err := s.Write(zeros[:length]); err != nil {
			return err
		}
		count -= length
	}
	return nil
}

// perf moves "up" and then "down" bytes over each of "count" streams at once; the time is that of all of them.
func (h *peerHost) perf(r request) (answer, error) {
	up, err := h.together(r, uint64(r.Up), 0)
	if err != nil {
		return nil, err
	}
	down, err := h.together(r, 0, uint64(r.Down))
	if err != nil {
		return nil, err
	}
	return answer{"up_seconds": up, "down_seconds": down}, nil
}

func (h *peerHost) together(r request, up, down uint64) (float64, error) {
	if up == 0 && down == 0 {
		return 0, nil
	}
	var group sync.WaitGroup
	failures := make(chan error, max(r.Count, 1))
	start := time.Now()
	for range max(r.Count, 1) {
		group.Go(func() { failures <- h.one(r, up, down) })
	}
	group.Wait()
	took := time.Since(start).Seconds()
	close(failures)
	for err := range failures {
		if err != nil {
			return 0, err
		}
	}
	return took, nil
}

func (h *peerHost) one(r request, up, down uint64) error {
	s, err := h.open(r, perfID)
	if err != nil {
		return err
	}
	defer s.Reset()
	if err := s.SetDeadline(time.Now().Add(10 * time.Minute)); err != nil {
		return err
	}
	if err := binary.Write(s, binary.BigEndian, down); err != nil {
		return err
	}
	if err := writeZeros(s, up); err != nil {
		return err
	}
	if err := s.CloseWrite(); err != nil {
		return err
	}
	received, err := io.CopyBuffer(io.Discard, onlyReader{s}, make([]byte, chunk))
	if err == nil && uint64(received) != down {
		err = fmt.Errorf("%d bytes came, not %d", received, down)
	}
	return err
}

// onlyReader hides what would make io.CopyBuffer use another buffer.
type onlyReader struct{ io.Reader }
