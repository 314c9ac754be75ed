package produce

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// Output is a message that is kept and written later, perhaps several times: one whose
// transaction was aborted is written again. One goroutine at a time uses it.
type Output struct {
	sender   *Sender
	message  Message // not from the pool
	finished atomic.Bool

	mu       sync.Mutex
	sent     bool // without a report
	delivery Delivery
	err      error // of the last attempt
}

var (
	errNotSent = errors.New("the message was not sent")
	errSent    = errors.New("the message is sent and has no result yet")
)

// NewOutput makes an output to be filled in. done is that of the interceptors, and may be nil.
func NewOutput(s *Sender, done Callback) *Output {
	o := &Output{sender: s, err: errNotSent}
	o.message.Done = done
	o.message.Record.Partition = kafkaclient.AnyPartition
	return o
}

// Message is what the output is filled in by. It is not given to Produce, and its Fail is not called:
// see Finish.
func (o *Output) Message() *Message { return &o.message }

// Record is the record of the message.
func (o *Output) Record() *kafkaclient.Record { return &o.message.Record }

// Size is the bytes of key, value and headers.
func (o *Output) Size() int { return o.message.Record.Size() }

// Send queues the output in the client, within the transaction that is open. While the queue is
// full it waits until ctx is done or Close begins. The error is an [*Error], and is
// also the result: there is no report then.
func (o *Output) Send(ctx context.Context) error {
	s := o.sender
	if !s.users.add() {
		return o.fail(ErrClosed)
	}
	defer s.users.done()
	o.mu.Lock()
	if o.sent {
		o.mu.Unlock()
		return &Error{Topic: o.message.Record.Topic, Err: errSent}
	}
	o.sent, o.err = true, nil
	o.mu.Unlock()
	if o.message.Record.Timestamp.IsZero() { // the same in each attempt
		o.message.Record.Timestamp = time.Now()
	}
	s.outputs.add()
	if err := s.put(ctx, &o.message.Record, o); err != nil {
		defer s.outputs.done()
		return o.fail(err)
	}
	return nil
}

// fail is the result of an attempt that was not queued.
func (o *Output) fail(err error) error {
	e := &Error{Topic: o.message.Record.Topic, Err: err}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent, o.delivery, o.err = false, Delivery{}, e
	return e
}

// settle takes the report of an attempt.
func (o *Output) settle(r kafkaclient.Report) {
	topic := o.message.Record.Topic
	var d Delivery
	var err error
	if r.Err != nil {
		err = o.sender.failure(topic, r.Err)
	} else {
		d = Delivery{Topic: topic, Partition: r.Partition, Offset: r.Offset, Timestamp: time.UnixMilli(o.message.Record.Timestamp.UnixMilli())}
	}
	o.mu.Lock()
	o.sent, o.delivery, o.err = false, d, err
	o.mu.Unlock()
	o.sender.outputs.done()
}

// Result is that of the last attempt. The error is an [*Error], also where there
// was no attempt or it has no report yet.
func (o *Output) Result() (Delivery, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.sent:
		return Delivery{}, &Error{Topic: o.message.Record.Topic, MaybeDelivered: true, Err: errSent}
	case o.err == errNotSent:
		return Delivery{}, &Error{Topic: o.message.Record.Topic, Err: errNotSent}
	}
	return o.delivery, o.err
}

// Finish calls done: with the delivery that was last reported if err is nil, otherwise with
// an [*Error] of err. Only the first call counts.
func (o *Output) Finish(err error) {
	if o.finished.Swap(true) || o.message.Done == nil {
		return
	}
	if err != nil {
		if _, ok := err.(*Error); !ok {
			err = &Error{Topic: o.message.Record.Topic, Err: err}
		}
		o.message.Done.Delivered(Delivery{}, err)
		return
	}
	o.mu.Lock()
	d := o.delivery
	o.mu.Unlock()
	o.message.Done.Delivered(d, nil)
}

// AwaitReports waits until every output that was sent has its report, or returns the cause of
// ctx's end.
func (s *Sender) AwaitReports(ctx context.Context) error {
	if err := s.outputs.wait(ctx); err != nil {
		return s.explainUnheld(err)
	}
	return nil
}
