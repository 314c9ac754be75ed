package consume

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/inflight"
	"github.com/concord-go/concord/internal/kafkaclient"
)

// Assigned is for [kafkaclient.Rebalancer].
func (r *run) Assigned(assigned []kafkaclient.TopicPartition) []kafkaclient.Position {
	r.counts.rebalances.Add(1)
	r.joinedAt = time.Time{}
	r.state.Store(int32(joined))
	r.log.Partitions(slog.LevelInfo, "partitions assigned", assigned)
	if f := r.cfg.Observer.Assigned; f != nil {
		f(assigned)
	}
	for _, tp := range assigned {
		r.fresh[tp] = true
	}
	starts, err := r.startPositions(assigned)
	if err != nil {
		r.fail(&Error{Doing: "find where to start", Err: err})
		return nil
	}
	if err := r.assign(assigned, starts); err != nil {
		r.fail(&Error{Doing: "find where to stop", Err: err})
	}
	return starts
}

// Revoked is for [kafkaclient.Rebalancer]: what is done is committed before the partitions
// go to other members.
func (r *run) Revoked(revoked []kafkaclient.TopicPartition) {
	r.counts.rebalances.Add(1)
	r.log.Partitions(slog.LevelInfo, "partitions revoked", revoked)
	if err := r.release(r.these(revoked), false); err != nil {
		r.log.Warn(r.ctx, "partitions were revoked while a handler worked", err)
	}
	if err := r.commits.now(); err != nil {
		r.log.Warn(r.ctx, "not committed before partitions were revoked", err)
	}
	if f := r.cfg.Observer.Revoked; f != nil {
		f(revoked)
	}
}

// Lost is for [kafkaclient.Rebalancer].
func (r *run) Lost(lost []kafkaclient.TopicPartition) {
	r.counts.rebalances.Add(1)
	r.counts.lost.Add(uint64(len(lost)))
	r.state.Store(int32(joining))
	r.joinedAt = time.Now()
	r.log.Partitions(slog.LevelWarn, "partitions lost: what was not committed is redelivered", lost)
	if err := r.release(r.these(lost), true); err != nil {
		r.log.Warn(r.ctx, "partitions were lost", err)
	}
	if f := r.cfg.Observer.Lost; f != nil {
		f(lost)
	}
}

// assign takes partitions on. starts are the positions that are not committed ones.
func (r *run) assign(assigned []kafkaclient.TopicPartition, starts []kafkaclient.Position) error {
	var stops []kafkaclient.Position
	if r.stopAt == StopAtFirstEnd {
		var err error
		if stops, err = listOffsets(r.ctx, r.client, assigned, kafkaclient.Place{End: true}); err != nil {
			return err
		}
	}
	for _, tp := range assigned {
		if r.parts[tp] == nil {
			r.add(tp, stops)
		}
	}
	for _, at := range starts {
		r.place(r.parts[at.TopicPartition], at.Offset)
	}
	return nil
}

// add makes a partition, and its worker where it has its own.
func (r *run) add(tp kafkaclient.TopicPartition, stops []kafkaclient.Position) {
	p := &partition{stopAt: -1}
	p.end.Store(-1)
	p.caughtUp.Store(-1)
	retries := false
	if r.cfg.Retries != nil {
		_, _, retries = r.cfg.Retries.Topics.Source(tp.Topic)
	}
	account := inflight.NewPartition(r.cfg.Limits, &r.counts.handled, func() { r.note(p) })
	p.Partition = handle.NewPartition(account, tp, r.ctx, r.waits, retries)
	if i := slices.IndexFunc(stops, func(at kafkaclient.Position) bool { return at.TopicPartition == tp }); i >= 0 {
		p.stopAt = stops[i].Offset
	}
	r.parts[tp] = p
	r.counts.add(p)
	r.waitForStraggler(p)
	if r.queues == nil || p.IsRetryTopic() { // a retry topic waits, and must not keep others waiting
		p.queue = inflight.NewQueue[handle.Item]()
		r.pool.Start(p.queue, inflight.BatchMax)
	}
}

// place says that a partition begins at an offset that the group has not committed.
func (r *run) place(p *partition, offset int64) {
	if p == nil || offset < 0 {
		return
	}
	if r.committer != nil {
		r.committer.Place(p.Partition, offset)
		return
	}
	p.Begins(offset)
	r.note(p)
}

// note puts a partition among those to be reconciled.
func (r *run) note(p *partition) {
	r.mu.Lock()
	r.changed = append(r.changed, p)
	r.mu.Unlock()
	r.dirty.Store(true)
}

func (r *run) all() []*partition {
	all := make([]*partition, 0, len(r.parts))
	for _, p := range r.parts {
		all = append(all, p)
	}
	return all
}

func (r *run) these(tps []kafkaclient.TopicPartition) []*partition {
	var these []*partition
	for _, tp := range tps {
		if p := r.parts[tp]; p != nil {
			these = append(these, p)
		}
	}
	return these
}

var errStillHandling = errors.New("a handler goes on although its context has ended: its record will be redelivered")

// release gives partitions up. Unless they are lost, handlers may return until the drain
// timeout, and what they did is to be committed.
func (r *run) release(leaving []*partition, lost bool) error {
	if len(leaving) == 0 {
		return nil
	}
	r.settled = false // what was behind may have been one of them
	idle := make([]<-chan struct{}, len(leaving))
	for i, p := range leaving {
		idle[i] = p.Close()
		if p.queue != nil {
			p.queue.Close()
		}
		if lost {
			p.Cancel()
		}
	}
	var err error
	if !lost {
		err = r.drain(leaving, idle)
	}
	if r.committer != nil {
		err = errors.Join(err, r.committer.Release(workers(leaving), lost, max(r.cfg.Drain, afterCancel)))
	}
	var resumed []kafkaclient.TopicPartition
	for i, p := range leaving {
		s := p.Reconcile()
		if !lost {
			r.commits.add(p, s)
		} else {
			r.commits.forget(p.TopicPartition)
		}
		if p.paused {
			p.paused = false
			resumed = append(resumed, p.TopicPartition) // it may come back, and is paused in the client until then
		}
		if p.full {
			p.full = false
			r.full--
		}
		p.Leave()
		r.straggles(p, idle[i])
		delete(r.parts, p.TopicPartition)
		r.counts.remove(p)
	}
	if len(resumed) > 0 {
		if err := r.client.Resume(resumed); err != nil {
			r.log.Warn(r.ctx, "partitions were not resumed", err)
		}
	}
	return err
}

// workers are partitions as workers, and transactions, see them.
func workers(of []*partition) []*handle.Partition {
	ps := make([]*handle.Partition, len(of))
	for i := range of {
		ps[i] = of[i].Partition
	}
	return ps
}

// drain waits for handlers, ends their contexts at the drain timeout, and then waits a little longer.
func (r *run) drain(leaving []*partition, idle []<-chan struct{}) error {
	timer := time.NewTimer(r.cfg.Drain)
	defer timer.Stop()
	cancelled := false
	for i := range idle {
		select {
		case <-idle[i]:
			continue
		case <-timer.C:
		}
		if !cancelled {
			cancelled = true
			for _, p := range leaving {
				p.Cancel()
			}
			timer.Reset(afterCancel)
			select {
			case <-idle[i]:
				continue
			case <-timer.C:
			}
		}
		return errStillHandling
	}
	return nil
}

// assignManually reads partitions without a group.
func (r *run) assignManually(topics []string) error {
	var tps []kafkaclient.TopicPartition
	for _, topic := range topics {
		if strings.HasPrefix(topic, "^") {
			return &Error{Doing: "assign", Err: errors.New("partitions are assigned by hand, so topics must be named: a regular expression is for a group's members")}
		}
		for _, partition := range r.cfg.Partitions {
			tps = append(tps, kafkaclient.TopicPartition{Topic: topic, Partition: partition})
		}
	}
	if len(tps) == 0 {
		return &Error{Doing: "assign", Err: errors.New("no partition is named")}
	}
	starts, err := r.startPositions(tps)
	if err != nil {
		return &Error{Doing: "find where to start", Err: err}
	}
	at := make([]kafkaclient.Position, len(tps))
	for i, tp := range tps {
		at[i] = kafkaclient.Position{TopicPartition: tp, Offset: -1, LeaderEpoch: -1}
		if j := slices.IndexFunc(starts, func(s kafkaclient.Position) bool { return s.TopicPartition == tp }); j >= 0 {
			at[i] = starts[j]
		}
	}
	if err := r.client.Assign(at); err != nil {
		return &Error{Doing: "assign", Err: err}
	}
	r.joinedAt = time.Time{}
	r.state.Store(int32(joined))
	if err := r.assign(tps, starts); err != nil {
		return &Error{Doing: "find where to stop", Err: err}
	}
	if f := r.cfg.Observer.Assigned; f != nil {
		f(tps)
	}
	return nil
}
