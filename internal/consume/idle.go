package consume

import (
	"context"
	"log/slog"
	"slices"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// idling polls for a static member between its runs. The member keeps its partitions, which are
// paused, and takes part in rebalances: unpolled it would hold its group up until
// max.poll.interval.ms.
type idling struct {
	e          *Engine
	stop, done chan struct{}
	pause      []kafkaclient.TopicPartition // to be paused
	paused     []kafkaclient.TopicPartition
}

// Assigned is for [kafkaclient.Rebalancer].
func (i *idling) Assigned(tps []kafkaclient.TopicPartition) []kafkaclient.Position {
	i.pause = append(i.pause, tps...)
	return nil
}

// Revoked is for [kafkaclient.Rebalancer].
func (i *idling) Revoked(tps []kafkaclient.TopicPartition) {
	gone := func(tp kafkaclient.TopicPartition) bool { return slices.Contains(tps, tp) }
	i.pause = slices.DeleteFunc(i.pause, gone)
	kept := slices.DeleteFunc(slices.Clone(i.paused), gone)
	i.resume(slices.DeleteFunc(i.paused, func(tp kafkaclient.TopicPartition) bool { return !gone(tp) }))
	i.paused = kept
}

// resume is for partitions that may come back: a client may keep them paused until then.
func (i *idling) resume(tps []kafkaclient.TopicPartition) {
	if len(tps) == 0 {
		return
	}
	if err := i.e.client.Resume(tps); err != nil {
		i.e.log.Warn(context.Background(), "partitions were not resumed between runs", err)
	}
}

// Lost is for [kafkaclient.Rebalancer].
func (i *idling) Lost(tps []kafkaclient.TopicPartition) { i.Revoked(tps) }

// members takes the group's decisions to the run in progress, or to what polls between runs.
type members struct{ e *Engine }

func (m members) now() kafkaclient.Rebalancer {
	if m.e.idling != nil {
		return m.e.idling
	}
	return m.e.run
}

// Assigned is for [kafkaclient.Rebalancer].
func (m members) Assigned(tps []kafkaclient.TopicPartition) []kafkaclient.Position {
	return m.now().Assigned(tps)
}

// Revoked is for [kafkaclient.Rebalancer].
func (m members) Revoked(tps []kafkaclient.TopicPartition) { m.now().Revoked(tps) }

// Lost is for [kafkaclient.Rebalancer].
func (m members) Lost(tps []kafkaclient.TopicPartition) { m.now().Lost(tps) }

// startIdling begins to poll without handling. assigned are paused.
func (e *Engine) startIdling(assigned []kafkaclient.TopicPartition) {
	i := &idling{e: e, stop: make(chan struct{}), done: make(chan struct{}), pause: assigned}
	e.idling = i
	e.owned.Go(func() {
		defer close(i.done)
		var f kafkaclient.Fetch
		for {
			select {
			case <-i.stop:
				return
			default:
			}
			if len(i.pause) > 0 {
				if err := e.client.Pause(i.pause); err != nil {
					e.log.Warn(context.Background(), "partitions were not paused between runs", err)
				}
				i.paused = append(i.paused, i.pause...)
				i.pause = i.pause[:0]
			}
			f.Reset()
			e.client.Poll(pollWait, &f) // records are dropped: the next run begins at what is committed
			for _, failed := range f.Errors {
				e.log.Log(context.Background(), slog.LevelWarn, "the client reports an error between runs", failed.Err.Name, failed.Err)
				if failed.Err.Fatal {
					return
				}
			}
		}
	})
}

// stopIdling ends what startIdling began: the member leaves its group, so that the next run joins it anew.
func (e *Engine) stopIdling(leave bool) error {
	i := e.idling
	if i == nil {
		return nil
	}
	close(i.stop)
	<-i.done
	e.idling = nil
	if !leave {
		return nil
	}
	i.resume(i.paused)
	if err := e.client.Leave(leaveWait); err != nil {
		return &Error{Doing: "leave the group", Err: err}
	}
	return nil
}
