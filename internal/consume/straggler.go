package consume

import (
	"log/slog"

	"github.com/concord-go/concord/internal/handle"
)

// straggler is a handler that was given up, and works on. Its partition may come back meanwhile: no
// other handler begins beside it.
type straggler struct {
	idle    <-chan struct{} // closed when it has returned
	held    []handle.Item   // what waits for it
	release func()          // ends the pause of the partition that waits
}

// straggles remembers the handlers of a partition that is given up.
func (r *run) straggles(p *partition, idle <-chan struct{}) {
	switch {
	case p.after != nil: // nothing has begun since
		r.stragglers[p.TopicPartition] = p.after.idle
		p.after.held = nil
	case !isClosed(idle):
		r.stragglers[p.TopicPartition] = idle
	default:
		delete(r.stragglers, p.TopicPartition)
	}
}

// waitForStraggler holds a partition back while a handler of an earlier assignment works on it.
func (r *run) waitForStraggler(p *partition) {
	idle := r.stragglers[p.TopicPartition]
	if idle == nil || isClosed(idle) || r.cfg.Order == Unordered {
		return
	}
	p.after = &straggler{idle: idle, release: p.Pause(&r.counts.Counters, handle.EarlierHandler)}
	r.log.Log(r.ctx, slog.LevelWarn, "an earlier handler still works on the partition: it waits for that", "", nil,
		slog.String("topic", p.Topic), slog.Int("partition", int(p.TopicPartition.Partition)))
}

// straggled lets a partition go on once the earlier handler has returned.
func (r *run) straggled(p *partition) {
	if p.after == nil || !isClosed(p.after.idle) {
		return
	}
	after := p.after
	p.after = nil
	delete(r.stragglers, p.TopicPartition)
	r.push(p, after.held)
	after.release()
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// push puts items into the queues of their workers.
func (r *run) push(p *partition, items []handle.Item) {
	switch {
	case p.after != nil:
		p.after.held = append(p.after.held, items...)
	case p.queue != nil:
		p.queue.Push(items...)
	case len(r.queues) == 1:
		r.queues[0].Push(items...)
	default:
		for i := range items {
			r.queues[r.queueOf(items[i].Record)].Push(items[i])
		}
	}
}
