//go:build cgo

package concord

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord/internal/backoff"
	"github.com/concord-go/concord/serde"
)

// transactor writes what handlers have made ready, and the offsets of the records that it was made
// of, in transactions. No handler is at work in one: they begin when everything is there, and
// so one that fails can be written again. Except for delivery reports it is used by one
// goroutine at a time, that which owns the consumer.
type transactor struct {
	sender   *sender
	letters  *Producer[[]byte, []byte] // makes dead letters
	interval time.Duration
	using    chan struct{} // one token: held by the Transform in progress

	begun bool // the producer has its epoch
	state transactionState
	ready []*settled // to be written, each partition's in order
	sent  []*settled // in the transaction that is open
	most  int        // records of the next one
	fatal error      // nothing goes any more

	last    time.Time      // when a transaction was last begun
	failed  int            // attempts in a row
	after   time.Time      // no attempt before
	refused *settled       // the record with a message that the broker refuses
	reports sync.WaitGroup // deliveries that are not reported yet
}

type transactionState uint8

const (
	noTransaction transactionState = iota
	openTransaction
	committing // it may be committed already: only committing again tells
	aborting
)

const (
	// stepWait bounds how long the consumer is not polled. Members that are not polled for
	// max.poll.interval.ms, 5 minutes, leave their group.
	stepWait = 10 * time.Second
	// mostRecords bounds a transaction, so that it ends before its timeout on a slow broker.
	mostRecords = 10_000
)

// settled is a record that is done with but for its transaction.
type settled struct {
	record    *kafka.Message
	partition *partition
	outputs   []*output
	size      int  // bytes of the record and of the outputs
	dead      bool // the output is its dead letter, or itself on its way to a retry topic
	retried   retried
}

func newTransactor(s *sender, interval time.Duration) *transactor {
	if interval <= 0 {
		interval = defaultTransactionInterval
	}
	t := &transactor{sender: s, interval: interval, using: make(chan struct{}, 1), most: mostRecords}
	t.letters = &Producer[[]byte, []byte]{key: Bytes(), value: Bytes(), keeps: [2]bool{true, true}, sender: s, transactor: t}
	return t
}

// lock takes the transactor for a Transform.
func (t *transactor) lock() error {
	select {
	case t.using <- struct{}{}:
	default:
		return ErrRunning
	}
	select {
	case <-t.sender.closing:
		t.unlock()
		return ErrClosed
	default:
		return nil
	}
}

func (t *transactor) unlock() {
	t.ready, t.sent = nil, nil
	<-t.using
}

// init gives the producer its epoch, which ends what an earlier life of it has left open.
func (t *transactor) init(ctx context.Context) error {
	for tries := 1; !t.begun; tries++ {
		attempt, cancel := context.WithTimeout(ctx, stepWait)
		err := t.sender.kp.InitTransactions(attempt)
		cancel()
		switch {
		case err == nil:
			t.begun = true
		case ctx.Err() != nil:
			return err
		case !retriable(err):
			return t.failure("begin with transactions", err)
		default:
			t.sender.log.LogAttrs(ctx, slog.LevelWarn, "transactions cannot begin yet: "+err.Error(), slog.String("client", t.sender.kp.String()))
			if backoff.Wait(ctx, recovery.FullJitter(tries)) != nil {
				return err
			}
		}
	}
	return t.fatal
}

// failure is what ends a Transform.
func (t *transactor) failure(doing string, err error) error {
	err = t.sender.explain(err)
	if isCode(err, kafka.ErrFenced) || isCode(err, kafka.ErrProducerFenced) || isCode(err, kafka.ErrInvalidProducerEpoch) {
		err = errors.Join(ErrFenced, err)
	}
	t.fatal = &ConsumeError{Doing: doing, Err: err}
	return t.fatal
}

// due reports whether a step is to be made.
func (t *transactor) due(s *session) bool {
	now := time.Now()
	if now.Before(t.after) || t.state == noTransaction && now.Sub(t.last) < t.interval {
		return false
	}
	t.collect(s)
	return t.unsettled()
}

// unsettled reports whether anything waits for a transaction, or one for its end.
func (t *transactor) unsettled() bool { return t.state != noTransaction || len(t.ready) > 0 }

// collect takes over what the partitions have ready.
func (t *transactor) collect(s *session) {
	for _, p := range s.partitions {
		t.ready = p.collect(t.ready)
	}
}

// step goes on with the transaction that is open, or writes the next one. The error ends the
// run; what can be tried again is not one.
func (t *transactor) step(s *session, wait time.Duration) error {
	if t.fatal != nil {
		return t.fatal
	}
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	if t.state == noTransaction {
		if err := t.write(ctx, s); err != nil {
			return t.failedStep(ctx, s, err)
		}
	}
	if t.state == openTransaction {
		t.state = committing
	}
	if t.state == committing {
		if err := t.sender.kp.CommitTransaction(ctx); err != nil {
			return t.failedStep(ctx, s, err)
		}
		t.committed(s)
		return nil
	}
	if t.state == aborting {
		return t.abort(ctx, s, nil)
	}
	return nil
}

// write begins a transaction, and puts messages and offsets into it.
func (t *transactor) write(ctx context.Context, s *session) error {
	t.take()
	if len(t.sent) == 0 {
		return nil
	}
	metadata, err := s.kc.GetConsumerGroupMetadata()
	if err != nil {
		return err
	}
	if none, err := kafka.NewTestConsumerGroupMetadata(s.group); err == nil && reflect.DeepEqual(metadata, none) {
		return errNoMember // the coordinator would take it as offsets of no group in use, and not check them
	}
	if err := t.sender.kp.BeginTransaction(); err != nil {
		return err
	}
	t.state, t.last = openTransaction, time.Now()
	positions := make(map[*partition]int)
	var offsets []kafka.TopicPartition
	for _, r := range t.sent {
		for _, o := range r.outputs {
			o.err = nil
			t.reports.Add(1)
			if err := t.sender.put(ctx, &o.message); err != nil {
				t.reports.Done()
				if refusesMessage(err) {
					t.refused, o.err = r, err
				}
				return err
			}
		}
		i, ok := positions[r.partition]
		if !ok {
			i = len(offsets)
			positions[r.partition] = i
			offsets = append(offsets, r.partition.topicPartition())
		}
		offsets[i].Offset = r.record.TopicPartition.Offset + 1
		offsets[i].LeaderEpoch = r.record.LeaderEpoch
	}
	for {
		err := t.sender.kp.SendOffsetsToTransaction(ctx, offsets, metadata)
		if err == nil || !retriable(err) || ctx.Err() != nil {
			return err
		}
	}
}

var errNoMember = errors.New("the consumer is no member of its group at the moment")

// take moves the records of the next transaction to sent, but for those whose partition is
// another member's by now.
func (t *transactor) take() {
	taken := 0
	for ; taken < len(t.ready) && len(t.sent) < t.most; taken++ {
		if r := t.ready[taken]; !r.partition.isGone() {
			t.sent = append(t.sent, r)
		} else {
			r.drop()
		}
	}
	if t.ready = t.ready[taken:]; len(t.ready) == 0 {
		t.ready = nil
	}
}

// committed settles what was in the transaction.
func (t *transactor) committed(s *session) {
	t.reports.Wait()
	for _, r := range t.sent {
		for _, o := range r.outputs {
			o.end(nil)
		}
		if r.partition.committed(r) {
			s.list(r.partition)
		}
	}
	s.counts.transactions.Add(1)
	clear(t.sent)
	t.sent = t.sent[:0]
	t.state, t.failed = noTransaction, 0
	t.most = min(2*t.most, mostRecords)
}

// failedStep aborts where that is what has to be done.
func (t *transactor) failedStep(ctx context.Context, s *session, err error) error {
	kerr, _ := errors.AsType[kafka.Error](err)
	switch {
	case kerr.IsFatal() || kerr.Code() == kafka.ErrFatal || isFence(kerr):
		return t.failure("commit a transaction", err)
	case t.state == noTransaction: // it did not begin
		t.ready, t.sent = append(t.sent, t.ready...), nil
		t.pause(s, err)
		return nil
	case t.state == committing && !kerr.TxnRequiresAbort():
		if !retriable(err) {
			return t.failure("commit a transaction", err)
		}
		t.pause(s, err)
		return nil
	}
	t.state = aborting
	return t.abort(ctx, s, err)
}

// abort ends the transaction that failed; what was in it is ready again.
func (t *transactor) abort(ctx context.Context, s *session, cause error) error {
	// A time of its own: there may be none left.
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), stepWait)
	defer cancel()
	if err := t.sender.kp.AbortTransaction(own); err != nil {
		if kerr, _ := errors.AsType[kafka.Error](err); kerr.IsFatal() || !retriable(err) {
			return t.failure("abort a transaction", err)
		}
		t.pause(s, err)
		return nil
	}
	t.reports.Wait()
	s.counts.aborted.Add(1)
	t.state = noTransaction
	refused, suspect := t.refused, t.suspect()
	if refused == nil && len(t.sent) == 1 {
		refused = suspect
	}
	t.refused = nil
	t.most = max(min(t.most, len(t.sent))/2, 1)
	t.ready, t.sent = append(t.sent, t.ready...), nil
	switch kerr, _ := errors.AsType[kafka.Error](cause); {
	case refused != nil:
		return t.refuse(s, refused)
	case suspect != nil: // again at once, with half of them
	case stops(kerr):
		return t.failure("commit a transaction", cause)
	default:
		t.pause(s, cause)
	}
	return nil
}

// suspect is a record with a message that the broker refused: what one message did, it says of all
// that came with it.
func (t *transactor) suspect() *settled {
	for _, r := range t.sent {
		for _, o := range r.outputs {
			if refusesMessage(o.err) {
				return r
			}
		}
	}
	return nil
}

// pause lets some time pass before the next attempt.
func (t *transactor) pause(s *session, err error) {
	t.failed++
	t.after = time.Now().Add(recovery.FullJitter(t.failed))
	if err != nil {
		s.log.LogAttrs(s.ctx, slog.LevelWarn, "a transaction is tried again: "+err.Error(), slog.String("client", t.sender.kp.String()))
	}
}

// refuse does what the policy wants about a record with a message that cannot be written.
func (t *transactor) refuse(s *session, r *settled) error {
	var cause error
	for _, o := range r.outputs {
		if o.err != nil && cause == nil {
			cause = &ProduceError{Topic: o.topic, Err: o.err}
		}
	}
	failed := recordError(r.record, Sending, serde.Info{}, cause)
	t.failed++
	f := Failure{RecordError: failed, Class: serde.ClassOf(cause), Attempt: t.failed, Retries: r.retried.times}
	if r.dead {
		return failed
	}
	switch s.options.policy(f) {
	case RetryRecord, AwaitRecovery:
		t.pause(s, failed)
		return nil
	case SkipRecord:
		r.drop()
		r.outputs = nil
		s.counts.skipped.Add(1)
		return nil
	case ToDeadLetters, ToRetryTopic: // a later try would make the same message
		if s.options.deadLetters == nil {
			return failed
		}
		m, err := s.options.deadLetters.letter(t.letters, r.record, f, r.retried)
		if err == errDivertLoop {
			return failed
		}
		var letter *output
		if err == nil {
			letter, err = t.letters.output(s.ctx, &m)
		}
		if err != nil {
			t.pause(s, err)
			return nil
		}
		r.drop()
		r.outputs, r.dead = []*output{letter}, true
		s.buried(f)
		return nil
	}
	return failed
}

// finish goes on until nothing waits any more or the time is up, for partitions that are given
// up.
func (t *transactor) finish(s *session, leaving []*partition, most time.Duration) {
	for _, p := range leaving {
		t.ready = p.collect(t.ready)
	}
	for deadline := time.Now().Add(most); t.unsettled() && t.fatal == nil; {
		left := time.Until(deadline)
		if left <= 0 {
			s.log.LogAttrs(s.ctx, slog.LevelWarn, "a transaction did not end in time: its records are read again", slog.String("client", t.sender.kp.String()))
			return
		}
		if wait := time.Until(t.after); wait > 0 {
			time.Sleep(min(wait, left))
			continue
		}
		if err := t.step(s, min(left, stepWait)); err != nil {
			s.fail(err)
			return
		}
	}
}

// drop says that the outputs are not written.
func (r *settled) drop() {
	for _, o := range r.outputs {
		o.end(&ProduceError{Topic: o.topic, Err: errDropped})
	}
}

var errDropped = errors.New("its transaction was aborted")

func retriable(err error) bool {
	kerr, ok := errors.AsType[kafka.Error](err)
	return errors.Is(err, errNoMember) || errors.Is(err, context.DeadlineExceeded) || ok && (kerr.IsRetriable() || kerr.IsTimeout() || kerr.Code() == kafka.ErrTimedOut)
}

func isFence(e kafka.Error) bool {
	return e.Code() == kafka.ErrFenced || e.Code() == kafka.ErrProducerFenced
}

// refusesMessage reports whether an error is the message's own fault, as far as that can be told.
func refusesMessage(err error) bool {
	return isCode(err, kafka.ErrMsgSizeTooLarge) || isCode(err, kafka.ErrInvalidMsgSize) || isCode(err, kafka.ErrInvalidMsg) || isCode(err, kafka.ErrRecordListTooLarge) ||
		isCode(err, kafka.ErrInvalidRecord) || isCode(err, kafka.ErrInvalidTimestamp) || isCode(err, kafka.ErrUnknownPartition) || isCode(err, kafka.ErrPolicyViolation)
}
