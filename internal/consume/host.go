package consume

import (
	"context"
	"log/slog"

	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/produce"
)

// Host is what a [Committer] may ask of the run that it commits for. Its methods are called by the
// owner.
type Host struct{ r *run }

// Context ends with the handlers' time.
func (h *Host) Context() context.Context { return h.r.ctx }

// GroupMetadata is that of the consumer; member is false where it is no member of its group at the
// moment, and true for a consumer whose partitions were assigned by hand.
func (h *Host) GroupMetadata() (m kafkaclient.GroupMetadata, member bool, err error) {
	m, member, err = h.r.client.GroupMetadata()
	return m, member || h.r.cfg.Partitions != nil, err
}

// Committed tells the observers of offsets that were committed, and counts the transaction.
func (h *Host) Committed(at []kafkaclient.Position) {
	r := h.r
	r.counts.transactions.Add(1)
	for _, p := range at {
		r.startCommitted(p.TopicPartition)
	}
	if f := r.cfg.Observer.Committed; f != nil && len(at) > 0 {
		f(at, 0, nil)
	}
}

// Aborted counts an aborted transaction.
func (h *Host) Aborted() { h.r.counts.aborted.Add(1) }

// Warn logs a line.
func (h *Host) Warn(text string, err error) {
	h.r.log.Log(h.r.ctx, slog.LevelWarn, text, "transaction", err)
}

// Refused is [handle.Pool.Refused] of the run's workers.
func (h *Host) Refused(ctx context.Context, s *handle.Staged, cause error) (handle.Action, *produce.Output, *handle.Failure) {
	return h.r.pool.Refused(ctx, s, cause)
}
