//go:build cgo

package concord

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// stopSign says that a run is at its end: no further handler gets to work, and what waits
// goes on no longer.
type stopSign struct {
	up   atomic.Bool
	once sync.Once
	seen chan struct{} // closed when it is up
}

func newStopSign() *stopSign { return &stopSign{seen: make(chan struct{})} }

func (s *stopSign) Load() bool { return s.up.Load() }

func (s *stopSign) raise() {
	s.up.Store(true)
	s.once.Do(func() { close(s.seen) })
}

// sleep waits for d; false where ctx ends first, or the sign goes up.
func (s *stopSign) sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil && !s.Load()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-s.seen:
	}
	return false
}

// left is the error of a record that was waiting for something when its run, or its
// partition, came to an end. It is no failure: who reads on begins with the record.
type left struct{ err error }

func (l left) Error() string { return "left to the next reader: " + withoutName(l.err) }
func (l left) Unwrap() error { return l.err }

func isLeft(err error) bool {
	_, ok := errors.AsType[left](err)
	return ok
}
