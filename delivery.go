//go:build cgo

package concord

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

// sender is the producer without its types: it owns the kafka.Producer, the
// goroutine that takes delivery reports and the one that takes the log.
type sender struct {
	kp      *kafka.Producer
	log     *slog.Logger
	lingers bool

	out     outstanding
	counts  struct{ delivered, failed atomic.Uint64 }
	waiting atomic.Int32  // callers that wait for room in the queue
	room    chan struct{} // one token: there may be room

	closing   chan struct{} // closed when Close begins
	closed    chan struct{} // closed when everything has ended
	closeOnce sync.Once
	closeErr  error // of the first Close; read it after closed
	owned     sync.WaitGroup
}

// ticket is what comes back with a delivery report: the rest of the call.
type ticket struct {
	cohort *cohort
	topic  string
	at     int64 // milliseconds since 1970

	done     func(Delivery, error) // of the interceptors; may be nil
	callback func(Delivery, error) // ProduceAsync; may be nil
	result   chan result           // Produce; nil otherwise
	left     atomic.Bool           // the caller of Produce stopped waiting
}

type result struct {
	Delivery
	err error
}

// tickets are those of Produce, which waits; callbackTickets those of ProduceAsync.
var (
	tickets         = sync.Pool{New: func() any { return &ticket{result: make(chan result, 1)} }}
	callbackTickets = sync.Pool{New: func() any { return new(ticket) }}
)

// release gives the ticket back. Nobody else may have it.
func (t *ticket) release() {
	t.cohort, t.topic, t.done = nil, "", nil
	if t.result != nil {
		tickets.Put(t)
		return
	}
	t.callback = nil
	callbackTickets.Put(t)
}

func (t *ticket) timestamp() time.Time { return time.UnixMilli(t.at) }

func newSender(config *kafka.ConfigMap, log *slog.Logger, lingers bool) (*sender, error) {
	kp, err := kafka.NewProducer(config)
	if err != nil {
		return nil, err
	}
	s := &sender{
		kp: kp, log: log, lingers: lingers,
		room:    make(chan struct{}, 1),
		closing: make(chan struct{}),
		closed:  make(chan struct{}),
	}
	s.out.init()
	s.owned.Go(s.drain)
	s.owned.Go(func() { drainLog(log, kp.Logs()) })
	return s, nil
}

// send queues a message. From then on the ticket, if there is one, belongs to the delivery report.
// t.cohort has counted the message in; without a ticket it is anonymous.
func (s *sender) send(ctx context.Context, m *kafka.Message, t *ticket) error {
	if t != nil { // else no opaque, which costs the kafka package a locked map and an allocation
		m.Opaque = t
	}
	return s.put(ctx, m)
}

// put queues a message, waiting for room until ctx is done.
func (s *sender) put(ctx context.Context, m *kafka.Message) error {
	err := s.kp.Produce(m, nil)
	if err == nil || !isCode(err, kafka.ErrQueueFull) {
		return s.explain(err)
	}

	s.waiting.Add(1)
	defer s.waiting.Add(-1)
	pause := time.Millisecond
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		// A report says that there is room a moment before librdkafka frees it,
		// and may come before we wait: hence the timer besides the token.
		select {
		case <-s.room:
			pause = time.Millisecond
		case <-timer.C:
			pause = min(2*pause, 50*time.Millisecond)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-s.closing:
			return ErrClosed
		}
		err := s.kp.Produce(m, nil)
		if err == nil || !isCode(err, kafka.ErrQueueFull) {
			s.offerRoom() // what is left of it, to the next in line
			return s.explain(err)
		}
		timer.Reset(pause)
	}
}

// settleMost is how many acknowledgements are counted out at once.
const settleMost = 64

func (s *sender) offerRoom() {
	select {
	case s.room <- struct{}{}:
	default:
	}
}

// drain takes what librdkafka reports until the producer is closed.
func (s *sender) drain() {
	events := s.kp.Events()
	acknowledged := 0 // anonymous messages that are not counted out yet: all that come at once are, together
	for event := range events {
		switch e := event.(type) {
		case *kafka.Message:
			switch opaque := e.Opaque.(type) {
			case *ticket:
				s.delivered(e, opaque)
			case *output:
				opaque.delivered(e)
			case nil:
				if e.TopicPartition.Error == nil {
					acknowledged++
				} else {
					s.failedAnonymous(e)
				}
			}
			if acknowledged == settleMost || acknowledged > 0 && len(events) == 0 {
				s.counts.delivered.Add(uint64(acknowledged))
				s.out.settleAnonymous(acknowledged, nil)
				acknowledged = 0
			}
			if s.waiting.Load() > 0 {
				s.offerRoom()
			}
		case kafka.Error:
			s.log.LogAttrs(context.Background(), slog.LevelWarn, e.Error(), slog.String("client", s.kp.String()))
		}
	}
}

func (s *sender) delivered(m *kafka.Message, t *ticket) {
	cohort := t.cohort
	var r result
	if err := m.TopicPartition.Error; err != nil {
		r.err = &ProduceError{Topic: t.topic, MaybeDelivered: maybeDelivered(err), Err: s.explain(err)}
	} else {
		r.Delivery = Delivery{Topic: t.topic, Partition: m.TopicPartition.Partition, Offset: int64(m.TopicPartition.Offset), Timestamp: t.timestamp()}
	}
	if t.done != nil {
		t.done(r.Delivery, r.err)
	}
	s.count(r.err)
	unseen := r.err
	switch {
	case t.result == nil:
		if t.callback != nil {
			t.callback(r.Delivery, r.err)
		}
		t.release()
	case t.left.Load():
	default:
		unseen = nil
		t.result <- r // it is its caller's again
	}
	cohort.settle(unseen)
}

// failedAnonymous notes the failure of a message that nobody waits for, but the next flush.
func (s *sender) failedAnonymous(m *kafka.Message) {
	err := m.TopicPartition.Error
	s.count(err)
	e := &ProduceError{MaybeDelivered: maybeDelivered(err), Err: s.explain(err)}
	if m.TopicPartition.Topic != nil {
		e.Topic = *m.TopicPartition.Topic
	}
	s.out.settleAnonymous(1, e)
}

func (s *sender) count(err error) {
	if err != nil {
		s.counts.failed.Add(1)
	} else {
		s.counts.delivered.Add(1)
	}
}

func (s *sender) stats() ProducerStats {
	return ProducerStats{Delivered: s.counts.delivered.Load(), Failed: s.counts.failed.Load(), Waiting: s.out.waiting()}
}

// flush waits for what was sent before.
func (s *sender) flush(ctx context.Context) error {
	if s.lingers {
		stop := make(chan struct{})
		var hurrying sync.WaitGroup
		hurrying.Go(func() { s.hurry(stop) })
		defer hurrying.Wait()
		defer close(stop)
	}
	return s.out.flush(ctx)
}

// hurry makes librdkafka send what lingers. It does so only while one of its own
// flushes runs, and those end soon.
func (s *sender) hurry(stop <-chan struct{}) {
	for {
		s.kp.Flush(10)
		select {
		case <-stop:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// close flushes, gives up what is not delivered by ctx's end, and ends the
// goroutines. Its first caller's ctx counts; the others wait for it.
func (s *sender) close(ctx context.Context) error {
	s.closeOnce.Do(func() {
		s.out.close()
		close(s.closing)
		go s.shutDown(ctx)
	})
	select {
	case <-s.closed:
		return s.closeErr
	case <-ctx.Done():
	}
	timer := time.NewTimer(closeGrace)
	defer timer.Stop()
	select {
	case <-s.closed:
		return s.closeErr
	case <-timer.C:
		return &FlushError{Waiting: s.out.waiting(), Err: errClosesNot}
	}
}

// closeGrace is how long closing may take once it is to give up what is not done. The watchdog of
// both clients: whoever closes them is not to hang where a callback does, or librdkafka.
const closeGrace = 5 * time.Second

var errClosesNot = errors.New("the client does not come to its end: a callback or a handler does not return, or librdkafka hangs; it goes on in the background")

// shutDown is short once ctx is done: purging reports every message, which the
// drain goroutine settles.
func (s *sender) shutDown(ctx context.Context) {
	defer close(s.closed)
	s.closeErr = s.flush(ctx)
	for s.closeErr != nil {
		_ = s.kp.Purge(kafka.PurgeQueue | kafka.PurgeInFlight)
		purged, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		err := s.out.flush(purged)
		cancel()
		if e, ok := errors.AsType[*FlushError](err); !ok || e.Waiting == 0 {
			break
		}
	}
	s.kp.Close()
	s.owned.Wait()
}

// explain replaces librdkafka's "there was a fatal error" by that error.
func (s *sender) explain(err error) error {
	if isCode(err, kafka.ErrFatal) {
		if fatal := s.kp.GetFatalError(); fatal != nil {
			return fatal
		}
	}
	return err
}

// maybeDelivered reports whether a failed delivery leaves it open whether the
// broker has the message: no answer came, or not in time.
func maybeDelivered(err error) bool {
	e, ok := errors.AsType[kafka.Error](err)
	if !ok {
		return true
	}
	switch e.Code() {
	case kafka.ErrMsgTimedOut, kafka.ErrTimedOut, kafka.ErrTransport, kafka.ErrPurgeInflight, kafka.ErrRequestTimedOut,
		kafka.ErrNotEnoughReplicasAfterAppend, kafka.ErrDestroy, kafka.ErrFatal:
		return true
	}
	return e.IsFatal()
}

func isCode(err error, code kafka.ErrorCode) bool {
	e, ok := errors.AsType[kafka.Error](err)
	return ok && e.Code() == code
}
