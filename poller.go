//go:build cgo

package concord

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

// poller is the consumer without its types. Whoever runs it owns the kafka.Consumer:
// polling, rebalancing, pausing, storing and committing all happen on that goroutine,
// and handling on others; see [session].
type poller struct {
	kc      *kafka.Consumer
	log     *slog.Logger
	group   string
	reset   kafka.Offset // where to begin if nothing is committed; librdkafka decides where it is invalid
	options consumerOptions
	counts  consumerCounts

	running    chan struct{}           // one token: held by the run in progress
	seeks      chan seekRequest        // to the run in progress
	committing chan struct{}           // one token: held while librdkafka commits
	session    *session                // of the run in progress; its goroutine's own
	begun      map[topicPartition]bool // partitions that a Start was applied to; the run's goroutine's own
	leaving    bool                    // the run is at its end and has committed; the run's goroutine's own
	static     bool                    // a static member of its group (KIP-345)
	stays      bool                    // a run has ended, and this member is one still; the run's goroutine's own

	closing   chan struct{} // closed when close begins
	closed    chan struct{} // closed when everything has ended
	closeOnce sync.Once
	closeErr  error // read it after closed
	owned     sync.WaitGroup
}

const (
	// pollWait bounds how long the end of a context goes unnoticed, and busyWait how
	// long it is until a paused partition goes on.
	pollWait = 100 * time.Millisecond
	busyWait = 5 * time.Millisecond
	// commitWait and leaveWait bound what the end of a run waits for when no broker
	// answers: librdkafka by itself would wait for a minute.
	commitWait = 5 * time.Second
	leaveWait  = 5 * time.Second
	// closeMost is how long, besides the drain, whoever closes waits at the most: 15 s for the
	// run's end as above, and as long again for librdkafka's.
	closeMost = 30 * time.Second
)

func newPoller(s settings, options consumerOptions) (*poller, error) {
	kc, err := kafka.NewConsumer(s.configMap(kafka.ConfigMap{"go.logs.channel.enable": true}))
	if err != nil {
		return nil, err
	}
	p := &poller{
		kc: kc, log: orDefault(options.log), group: s["group.id"], reset: s.reset(), static: s["group.instance.id"] != "", options: options,
		running:    make(chan struct{}, 1),
		seeks:      make(chan seekRequest),
		committing: make(chan struct{}, 1),
		closing:    make(chan struct{}),
		closed:     make(chan struct{}),
	}
	p.owned.Go(func() { drainLog(p.log, kc.Logs()) })
	return p, nil
}

// run polls until ctx is done or handle fails. handle's nil lets the record's
// offset be stored.
func (p *poller) run(ctx context.Context, topics []string, tx *transactor, handle func(context.Context, *attempt) error) (err error) {
	select {
	case p.running <- struct{}{}:
		defer func() { <-p.running }()
	default:
		select {
		case <-p.closing:
			return ErrClosed
		default:
			return ErrRunning
		}
	}
	select {
	case <-p.closing:
		return ErrClosed
	default:
	}
	for _, topic := range topics {
		if len(topic) == 0 || topic[0] != '^' {
			if err := validTopic(topic); err != nil {
				return &ConsumeError{Doing: "subscribe", Err: err}
			}
		}
	}
	if len(topics) == 0 {
		return &ConsumeError{Doing: "subscribe", Err: errors.New("no topic is given")}
	}
	stopping := newStopSign()
	handling, cancel := p.handlingContext(ctx, stopping)
	defer cancel()
	s := newSession(handling, p, stopping, handle)
	s.transactor, s.group = tx, p.group
	p.session = s
	defer s.end()
	if p.stays {
		p.stays = false
		if err := p.leaveGroup(); err != nil {
			return err
		}
	}
	if err := p.begin(s, p.options.retries.withTheirs(topics)); err != nil {
		return err
	}
	err = p.poll(ctx, s)
	left := p.leave(s)
	if s.panicked != nil {
		panic(s.panicked)
	}
	if err == nil {
		err = s.failed // of a handler that was at work when the run ended
	}
	return errors.Join(err, left)
}

// poll takes records until ctx is done, the consumer is closed, or something fails.
func (p *poller) poll(ctx context.Context, s *session) error {
	for {
		if s.stopping.Load() { // ctx is done, the consumer is closed, or something failed
			return s.failure()
		}
		if p.options.stopAtEnd && s.allEnded() {
			return nil
		}
		if tx := s.transactor; tx != nil && tx.due(s) {
			if err := tx.step(s, stepWait); err != nil {
				return err
			}
		}
		select {
		case r := <-p.seeks:
			s.flush()
			r.done <- p.seek(s, &r.to)
		default:
		}
		wait := s.wait()
		if len(s.pending) > 0 {
			wait = 0
		}
		event := p.kc.Poll(int(wait / time.Millisecond))
		m, ok := event.(*kafka.Message)
		if !ok {
			s.flush()
		}
		if event == nil {
			s.tellUnassigned()
		}
		if len(s.pending) == 0 && (event == nil || time.Since(s.looked) > lookEvery) {
			s.look()
		}
		if ok {
			if err := m.TopicPartition.Error; err != nil {
				return &ConsumeError{Doing: "consume", Err: err}
			}
			s.take(m)
			continue
		}
		switch event := event.(type) {
		case kafka.OffsetsCommitted:
			p.committed(event.Offsets, 0, event.Error)
		case kafka.PartitionEOF:
			s.ended(event)
		case kafka.Error:
			if stops(event) || p.options.partitions != nil && event.Code() == kafka.ErrUnknownPartition {
				return &ConsumeError{Doing: "consume", Err: event}
			}
			p.log.LogAttrs(ctx, slog.LevelWarn, event.Error(), slog.String("client", p.kc.String()))
		}
	}
}

// handlingContext is what handlers get: it has ctx's values and ends a while
// after ctx does, or after closing begins; from then on stopping is set.
func (p *poller) handlingContext(ctx context.Context, stopping *stopSign) (context.Context, context.CancelFunc) {
	handling, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p.owned.Go(func() {
		select {
		case <-ctx.Done():
		case <-p.closing:
		case <-handling.Done():
			return
		}
		stopping.raise()
		timer := time.NewTimer(p.options.drain)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-handling.Done():
		}
	})
	return handling, cancel
}

// rebalance takes partitions on, and gives them up: what was handled is committed before
// they go to another member. librdkafka assigns and unassigns by itself after it, as the
// protocol in use wants it.
func (p *poller) rebalance(kc *kafka.Consumer, event kafka.Event) error {
	s := p.session
	switch event := event.(type) {
	case kafka.AssignedPartitions:
		if p.leaving || p.stays {
			return nil
		}
		p.counts.rebalances.Add(1)
		s.unassignedSince = time.Time{}
		if p.options.starts.any() {
			if err := p.assignFrom(kc, event.Partitions); err != nil {
				s.fail(err)
			}
		}
		s.assign(event.Partitions)
	case kafka.RevokedPartitions:
		if p.leaving || p.stays {
			return nil
		}
		p.counts.rebalances.Add(1)
		lost := kc.AssignmentLost()
		if err := s.release(event.Partitions, lost, p.options.drain); err != nil {
			p.log.LogAttrs(s.ctx, slog.LevelWarn, err.Error(), slog.String("client", kc.String()))
		}
		if lost {
			return nil
		}
		if err := p.commit(); err != nil {
			p.log.LogAttrs(s.ctx, slog.LevelWarn, err.Error(), slog.String("client", kc.String()))
		}
	}
	return nil
}

var errNoAnswer = errors.New("no broker answers: what was handled since the last commit may be read again")

// commit commits the stored offsets and waits for the answer, but not for ever.
func (p *poller) commit() error {
	timer := time.NewTimer(commitWait)
	defer timer.Stop()
	select {
	case p.committing <- struct{}{}:
	case <-timer.C: // an earlier one is still waiting
		return &ConsumeError{Doing: "commit", Err: errNoAnswer}
	}
	done := make(chan error, 1)
	began := time.Now()
	p.owned.Go(func() {
		offsets, err := p.kc.Commit()
		p.committed(offsets, time.Since(began), err)
		<-p.committing
		done <- err
	})
	select {
	case err := <-done:
		switch {
		case err == nil || isCode(err, kafka.ErrNoOffset):
			return nil
		case isCode(err, kafka.ErrIllegalGeneration) || isCode(err, kafka.ErrRebalanceInProgress) || isCode(err, kafka.ErrUnknownMemberID):
			// The group has moved on. No failure: what was handled since the last commit is
			// read again, as after any end that is not in good order.
			p.log.LogAttrs(context.Background(), slog.LevelWarn, "not committed, some records may be handled again: "+err.Error(), slog.String("client", p.kc.String()))
			return nil
		}
		return &ConsumeError{Doing: "commit", Err: err}
	case <-timer.C:
		return &ConsumeError{Doing: "commit", Err: errNoAnswer}
	}
}

// leave waits for the handlers at work, commits and leaves the group, so that the next
// run, here or elsewhere, begins with what is committed. A static member stays.
func (p *poller) leave(s *session) error {
	s.stopping.raise()
	err := s.release(nil, false, p.options.drain)
	if err != nil {
		err = &ConsumeError{Doing: "end", Err: err}
	}
	err = errors.Join(err, p.commit())
	if p.static {
		// It leaves only when another run begins. If the consumer is closed before, the broker keeps
		// its place until its session ends, and nothing moves if it is back by then.
		p.stays = true
		return err
	}
	return errors.Join(err, p.leaveGroup())
}

// leaveGroup gives up the assignment.
func (p *poller) leaveGroup() error {
	p.leaving = true
	defer func() { p.leaving = false }()
	if err := p.end(); err != nil {
		return &ConsumeError{Doing: "leave the group", Err: err}
	}
	for deadline := time.Now().Add(leaveWait); time.Now().Before(deadline); {
		left, err := p.kc.Assignment()
		if err != nil || len(left) == 0 {
			break
		}
		p.kc.Poll(int(pollWait / time.Millisecond)) // serves the rebalance; records are dropped unhandled
	}
	return nil
}

// close ends a run, then the consumer.
func (p *poller) close(ctx context.Context) error {
	p.closeOnce.Do(func() {
		close(p.closing)
		go func() {
			defer close(p.closed)
			// Neither is given back: nothing runs, and no commit is under way, when
			// librdkafka's memory goes.
			p.running <- struct{}{}
			p.committing <- struct{}{}
			if err := p.kc.Close(); err != nil {
				p.closeErr = &ConsumeError{Doing: "close", Err: err}
			}
			p.owned.Wait()
		}()
	})
	watchdog := time.NewTimer(p.options.drain + closeMost)
	defer watchdog.Stop()
	select {
	case <-p.closed:
		return p.closeErr
	case <-ctx.Done():
		return &ConsumeError{Doing: "close", Err: context.Cause(ctx)}
	case <-watchdog.C:
		return &ConsumeError{Doing: "close", Err: errClosesNot}
	}
}

// stops reports whether an error of the client is one that waiting does not mend.
func stops(e kafka.Error) bool {
	if e.IsFatal() {
		return true
	}
	switch e.Code() {
	case kafka.ErrUnknownTopicOrPart, kafka.ErrUnknownTopic, kafka.ErrTopicException,
		kafka.ErrTopicAuthorizationFailed, kafka.ErrGroupAuthorizationFailed, kafka.ErrClusterAuthorizationFailed,
		kafka.ErrAuthentication, kafka.ErrSaslAuthenticationFailed, kafka.ErrUnsupportedSaslMechanism,
		kafka.ErrAutoOffsetReset, kafka.ErrOffsetOutOfRange, kafka.ErrInvalidGroupID, kafka.ErrInvalidSessionTimeout, kafka.ErrFencedInstanceID,
		kafka.ErrInconsistentGroupProtocol, kafka.ErrUnsupportedFeature:
		return true
	}
	return false
}
