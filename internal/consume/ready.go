package consume

import (
	"errors"
	"log/slog"
	"time"
)

// readiness is what a run has come to.
type readiness int32

const (
	notRunning readiness = iota
	joining              // no assignment yet, or it was lost
	joined               // assigned, perhaps without a partition
)

var errJoining = errors.New("the group has not assigned partitions yet")

// Ready is nil when a run is in progress, a broker is reached, and the group has assigned
// partitions, or has assigned none to this member. Otherwise it says what is missing.
func (e *Engine) Ready() error {
	if e.closing.Raised() {
		return ErrClosed
	}
	if err := e.client.Connection(); err != nil {
		return err
	}
	switch readiness(e.state.Load()) {
	case notRunning:
		return ErrNotRunning
	case joining:
		return errJoining
	}
	return nil
}

// unassignedMost is how long a run may be without an assignment before the log says so.
const unassignedMost = 10 * time.Second

// logUnassigned says once that nothing was assigned. Clients are silent about some reasons: where a
// broker refuses the client's certificate under TLS 1.3, librdkafka connects again and again.
func (r *run) logUnassigned() {
	if r.joinedAt.IsZero() || time.Since(r.joinedAt) < unassignedMost {
		return
	}
	r.joinedAt = time.Time{}
	err := r.client.Connection()
	text := "no partition is assigned yet: the group's rebalance takes long, or no broker takes this client (is its certificate missing, or not trusted there?)"
	if err != nil {
		text = "no partition is assigned yet: no broker is reached"
	}
	r.log.Log(r.ctx, slog.LevelWarn, text, "", err, slog.Duration("after", unassignedMost))
}
