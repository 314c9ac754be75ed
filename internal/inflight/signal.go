package inflight

import (
	"sync"
	"sync/atomic"
	"time"
)

// Signal is raised once, and stays raised. Its zero value is not usable; see [NewSignal].
type Signal struct {
	raised atomic.Bool
	once   sync.Once
	c      chan struct{}
}

// NewSignal makes a signal that is not raised.
func NewSignal() *Signal { return &Signal{c: make(chan struct{})} }

// Raise raises the signal.
func (s *Signal) Raise() {
	s.once.Do(func() {
		s.raised.Store(true)
		close(s.c)
	})
}

// Raised reports whether the signal is raised.
func (s *Signal) Raised() bool { return s.raised.Load() }

// C is closed when the signal is raised.
func (s *Signal) C() <-chan struct{} { return s.c }

// Sleep waits for d; false where one of the channels is closed before, or was already.
func Sleep(d time.Duration, first, second <-chan struct{}) bool {
	select {
	case <-first:
		return false
	case <-second:
		return false
	default:
	}
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-first:
	case <-second:
	}
	return false
}
