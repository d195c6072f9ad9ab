package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// The test protocols: what each end does is in integration-tests/README.md.
const (
	echoID    = "/test/echo/1"
	sinkID    = "/test/sink/1"
	sourceID  = "/test/source/1"
	halfID    = "/test/half/1"
	resetID   = "/test/reset/1"
	observeID = "/test/observe/1"
	slowID    = "/test/slow/1"
	perfID    = "/perf/1.0.0"
)

const chunk = 128 * 1024

// A writer that waits for so long is held up by the other side's window.
const heldUp = time.Second

func (h *peerHost) serve() {
	handlers := map[protocol.ID]func(network.Stream) error{
		echoID:    serveEcho,
		sinkID:    serveSink,
		sourceID:  serveSource,
		halfID:    serveHalf,
		resetID:   serveReset,
		observeID: h.serveObserve,
		slowID:    h.serveSlow,
		perfID:    servePerf,
	}
	for id, handle := range handlers {
		h.SetStreamHandler(id, func(s network.Stream) {
			if err := handle(s); err != nil {
				s.Reset()
				return
			}
			s.Close()
		})
	}
}

func serveEcho(s network.Stream) error {
	_, err := io.CopyBuffer(s, s, make([]byte, chunk))
	return err
}

func serveSink(s network.Stream) error {
	sum := sha256.New()
	if _, err := io.CopyBuffer(sum, s, make([]byte, chunk)); err != nil {
		return err
	}
	_, err := s.Write(sum.Sum(nil))
	return err
}

func serveSource(s network.Stream) error {
	var count [8]byte
	if _, err := io.ReadFull(s, count[:]); err != nil {
		return err
	}
	return writePattern(s, int64(binary.BigEndian.Uint64(count[:])))
}

func serveHalf(s network.Stream) error {
	question, err := io.ReadAll(s)
	if err != nil {
		return err
	}
	_, err = s.Write(append([]byte("answer to "), question...))
	return err
}

func serveReset(s network.Stream) error {
	var one [1]byte
	if _, err := io.ReadFull(s, one[:]); err != nil {
		return err
	}
	return errors.New("as the protocol says")
}

func (h *peerHost) serveObserve(s network.Stream) error {
	var one [1]byte
	if _, err := io.ReadFull(s, one[:]); err != nil {
		return err
	}
	if _, err := s.Write(one[:]); err != nil {
		return err
	}
	result := outcome(s)
	h.lock.Lock()
	defer h.lock.Unlock()
	h.outcomes = append(h.outcomes, result)
	return nil
}

// outcome says how the other side ended.
func outcome(s network.Stream) string {
	var one [1]byte
	_, err := io.ReadFull(s, one[:])
	switch {
	case err == nil:
		return "data"
	case errors.Is(err, network.ErrReset):
		return "reset"
	case errors.Is(err, io.EOF):
		return "end"
	default:
		return err.Error()
	}
}

func (h *peerHost) serveSlow(s network.Stream) error {
	h.lock.Lock()
	released := h.released
	h.lock.Unlock()
	select {
	case <-released:
		return serveSink(s)
	case <-time.After(timeout):
		return errors.New("nobody released the reader")
	}
}

// release lets all readers that are held up go on.
func (h *peerHost) release(request) (answer, error) {
	h.lock.Lock()
	defer h.lock.Unlock()
	close(h.released)
	h.released = make(chan struct{})
	return answer{}, nil
}

// The bytes of a transfer: the n-th is n mod 251, so that a lost or repeated frame shows.
func writePattern(w io.Writer, count int64) error {
	block := make([]byte, 251*512)
	for i := range block {
		block[i] = byte(i % 251)
	}
	for count > 0 {
		length := min(count, int64(len(block)))
		if _, err := w.Write(block[:length]); err != nil {
			return err
		}
		count -= length
	}
	return nil
}

func (h *peerHost) open(r request, id protocol.ID) (network.Stream, error) {
	who, err := peer.Decode(r.Peer)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	s, err := h.NewStream(network.WithAllowLimitedConn(network.WithNoDial(ctx, "test"), "test"), who, id)
	if err != nil {
		return nil, err
	}
	return s, s.SetDeadline(time.Now().Add(timeout))
}

func (h *peerHost) upload(r request) (answer, error) {
	s, err := h.open(r, sinkID)
	if err != nil {
		return nil, err
	}
	defer s.Reset()
	sum := sha256.New()
	if err := writePattern(io.MultiWriter(s, sum), r.Bytes); err != nil {
		return nil, err
	}
	if err := s.CloseWrite(); err != nil {
		return nil, err
	}
	theirs, err := io.ReadAll(s)
	return answer{"sent": hex.EncodeToString(sum.Sum(nil)), "received": hex.EncodeToString(theirs)}, err
}

func (h *peerHost) download(r request) (answer, error) {
	s, err := h.open(r, sourceID)
	if err != nil {
		return nil, err
	}
	defer s.Reset()
	if err := binary.Write(s, binary.BigEndian, uint64(r.Bytes)); err != nil {
		return nil, err
	}
	sum := sha256.New()
	count, err := io.CopyBuffer(sum, s, make([]byte, chunk))
	return answer{"bytes": count, "received": hex.EncodeToString(sum.Sum(nil))}, err
}

func (h *peerHost) echo(r request) (answer, error) {
	s, err := h.open(r, echoID)
	if err != nil {
		return nil, err
	}
	defer s.Reset()
	written := make(chan error, 1)
	go func() {
		err := writePattern(s, r.Bytes)
		if err == nil {
			err = s.CloseWrite()
		}
		written <- err
	}()
	sum := sha256.New()
	count, err := io.CopyBuffer(sum, s, make([]byte, chunk))
	if err == nil {
		err = <-written
	}
	return answer{"bytes": count, "received": hex.EncodeToString(sum.Sum(nil))}, err
}

func (h *peerHost) halfClose(r request) (answer, error) {
	s, err := h.open(r, halfID)
	if err != nil {
		return nil, err
	}
	defer s.Reset()
	if _, err := s.Write([]byte("question")); err != nil {
		return nil, err
	}
	if err := s.CloseWrite(); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(s)
	return answer{"text": string(text)}, err
}

// reset asks the other side to reset, and says how that looks here.
func (h *peerHost) reset(r request) (answer, error) {
	s, err := h.open(r, resetID)
	if err != nil {
		return nil, err
	}
	defer s.Reset()
	if _, err := s.Write([]byte{1}); err != nil {
		return nil, err
	}
	return answer{"outcome": outcome(s)}, nil
}

// resetByUs resets a stream whose other side says later how that looked there.
func (h *peerHost) resetByUs(r request) (answer, error) {
	s, err := h.open(r, observeID)
	if err != nil {
		return nil, err
	}
	defer s.Reset()
	if _, err := s.Write([]byte{1}); err != nil {
		return nil, err
	}
	var one [1]byte
	_, err = io.ReadFull(s, one[:])
	return answer{}, err
}

// observed says how the streams ended that others reset.
func (h *peerHost) observed(request) (answer, error) {
	h.lock.Lock()
	defer h.lock.Unlock()
	all := append([]string{}, h.outcomes...)
	h.outcomes = nil
	return answer{"outcomes": all}, nil
}

// streams opens many, and uses them only when all are open.
func (h *peerHost) streams(r request) (answer, error) {
	var all []network.Stream
	defer func() {
		for _, s := range all {
			s.Reset()
		}
	}()
	for len(all) < r.Count {
		s, err := h.open(r, echoID)
		if err != nil {
			return nil, fmt.Errorf("stream %d: %w", len(all), err)
		}
		all = append(all, s)
	}
	failures := make(chan error, len(all))
	for number, s := range all {
		go func() {
			sent := bytes.Repeat([]byte{byte(number), byte(number >> 8), 42, 7}, 256)
			if _, err := s.Write(sent); err != nil {
				failures <- err
				return
			}
			if err := s.CloseWrite(); err != nil {
				failures <- err
				return
			}
			back, err := io.ReadAll(s)
			if err == nil && !bytes.Equal(sent, back) {
				err = fmt.Errorf("%d bytes came back, and others than were sent", len(back))
			}
			failures <- err
		}()
	}
	answered := 0
	for range all {
		if err := <-failures; err != nil {
			return nil, err
		}
		answered++
	}
	return answer{"answered": answered}, nil
}

// flood is a stream whose other side does not read.
type flood struct {
	stream  network.Stream
	written int64
}

// flood writes to a reader that does not read, until it is held up.
func (h *peerHost) flood(r request) (answer, error) {
	s, err := h.open(r, slowID)
	if err != nil {
		return nil, err
	}
	f := &flood{stream: s}
	block := make([]byte, 16*1024)
	for f.written < r.Bytes {
		if err := s.SetWriteDeadline(time.Now().Add(heldUp)); err != nil {
			return nil, err
		}
		count, err := s.Write(block)
		f.written += int64(count)
		if err != nil {
			if held, ok := errors.AsType[net.Error](err); ok && held.Timeout() {
				break
			}
			return nil, err
		}
	}
	h.lock.Lock()
	defer h.lock.Unlock()
	number := len(h.floods) + 1
	h.floods[number] = f
	return answer{"flood": number, "written": f.written}, nil
}

// floodEnd ends a flood, and says what the reader has got in the end.
func (h *peerHost) floodEnd(r request) (answer, error) {
	h.lock.Lock()
	f := h.floods[r.Flood]
	h.lock.Unlock()
	if f == nil {
		return nil, fmt.Errorf("no flood %d", r.Flood)
	}
	defer f.stream.Reset()
	if err := f.stream.SetDeadline(time.Now().Add(timeout)); err != nil {
		return nil, err
	}
	if err := f.stream.CloseWrite(); err != nil {
		return nil, err
	}
	theirs, err := io.ReadAll(f.stream)
	sum := sha256.New()
	for left := f.written; left > 0; left -= min(left, chunk) {
		sum.Write(make([]byte, min(left, chunk)))
	}
	return answer{"sent": hex.EncodeToString(sum.Sum(nil)), "received": hex.EncodeToString(theirs)}, err
}
