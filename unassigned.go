//go:build cgo

package concord

import (
	"log/slog"
	"time"
)

// unassignedMost is how long a consumer may be without partitions before the log says so.
const unassignedMost = 10 * time.Second

// tellUnassigned says once that no partition was assigned. librdkafka says nothing of some of the reasons: where a
// broker refuses the client's certificate under TLS 1.3, for instance, it connects again and again in silence.
func (s *session) tellUnassigned() {
	if s.unassignedSince.IsZero() || time.Since(s.unassignedSince) < unassignedMost {
		return
	}
	s.unassignedSince = time.Time{}
	s.log.LogAttrs(s.ctx, slog.LevelWarn, "no partition is assigned yet: the group has more members than partitions, or its rebalance takes long, or no broker takes this client (is its certificate missing, or not trusted there?)",
		slog.String("client", s.kc.String()), slog.Duration("after", unassignedMost))
}
