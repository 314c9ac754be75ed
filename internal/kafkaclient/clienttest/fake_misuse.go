package clienttest

import (
	"fmt"
	"slices"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// Failer is the part of testing.T that a Fake uses.
type Failer interface {
	Errorf(format string, args ...any)
}

// FailOn makes every breach of the contract of kafkaclient fail a test, too.
func (f *Fake) FailOn(t Failer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failer = t
}

// Violations returns the breaches of the contract of kafkaclient so far.
func (f *Fake) Violations() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.violations)
}

// violate records a breach. The caller holds the lock.
func (f *Fake) violate(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	f.violations = append(f.violations, text)
	if f.failer != nil {
		f.failer.Errorf("kafkaclient contract: %s", text)
	}
}

// usage watches the calls of a client that one goroutine at a time may use. The Fake's lock guards it.
type usage struct {
	name     string
	calls    []Op // under way: one, or a second one from a callback
	callback bool // a callback runs within Poll
	closed   bool
}

// enter begins a call. The error is of kind Closed; otherwise the caller calls leave.
func (u *usage) enter(f *Fake, op Op, fromCallback bool) error {
	if u.closed {
		f.violate("%s: %s after Close", u.name, op)
		return because(kafkaclient.Closed, string(op)+" after Close")
	}
	switch {
	case len(u.calls) == 0:
	case u.callback && len(u.calls) == 1 && !fromCallback:
		f.violate("%s: %s within a callback of the Rebalancer", u.name, op)
	case !u.callback || len(u.calls) > 1:
		f.violate("%s: %s during %s", u.name, op, u.calls[len(u.calls)-1])
	}
	u.calls = append(u.calls, op)
	return nil
}

func (u *usage) leave(op Op) {
	if i := slices.Index(u.calls, op); i >= 0 {
		u.calls = slices.Delete(u.calls, i, i+1)
	}
}
