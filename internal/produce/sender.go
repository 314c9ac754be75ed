package produce

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/concord-go/concord/internal/flight"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/tally"
)

// Config is the configuration of a [Sender].
type Config struct {
	Log *slog.Logger // nil: nothing is logged
	// Lingers: the client holds messages back for longer than a moment, so that a flush has to
	// hurry it.
	Lingers bool
}

// Stats are the counts of messages, outputs included.
type Stats struct {
	Delivered, Failed uint64
	Pending           int // without a result
}

// Sender writes messages with a client, which it owns. It is safe for concurrent use.
type Sender struct {
	client        kafkaclient.Producer
	name          string
	transactional bool
	log           *slog.Logger
	lingers       bool

	groups            groups        // messages without a result
	outputs           counter       // outputs without a result
	users             counter       // those between Use and release; sealed when the client is closed
	calls, returned   tally.Counter // of Produce of the client
	delivered, failed atomic.Uint64

	waitedFor sync.Pool // of *pending

	roomWanted atomic.Int32  // callers that wait for room in the queue
	room       chan struct{} // one token: there may be room

	lookups flight.Group[string, int32]
	known   partitionCounts

	lifetime  context.Context // ends when Close begins
	end       context.CancelFunc
	closed    chan struct{} // closed when the client is
	closeOnce sync.Once
	closeErr  error // of the first Close; read it after closed
}

// New makes a Sender over the client that open makes. The client reports to the
// Reporter that open gets.
func New(open func(kafkaclient.Reporter) (kafkaclient.Producer, error), cfg Config) (*Sender, error) {
	s := &Sender{log: cfg.Log, lingers: cfg.Lingers, room: make(chan struct{}, 1), closed: make(chan struct{})}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.waitedFor.New = newWaitedFor
	s.groups.init()
	s.known.init()
	client, err := open(reporter{s})
	if err != nil {
		return nil, err
	}
	s.client, s.name, s.transactional = client, client.Name(), client.Transactions() != nil
	s.lifetime, s.end = context.WithCancel(context.Background())
	return s, nil
}

// Name is the client's name in logs.
func (s *Sender) Name() string { return s.name }

// Transactional reports whether the client is transactional: it writes outputs only.
func (s *Sender) Transactional() bool { return s.transactional }

// Closing is closed when Close begins.
func (s *Sender) Closing() <-chan struct{} { return s.lifetime.Done() }

// Stats are the counts of the moment.
func (s *Sender) Stats() Stats {
	return Stats{Delivered: s.delivered.Load(), Failed: s.failed.Load(), Pending: s.groups.pending() + s.outputs.count()}
}

// Use gives the client, which stays open until release is called. The error is ErrClosed once
// Close has begun; a user watches Closing and releases the client soon after.
func (s *Sender) Use() (client kafkaclient.Producer, release func(), err error) {
	if s.lifetime.Err() != nil || !s.users.add() {
		return nil, nil, ErrClosed
	}
	return s.client, sync.OnceFunc(s.users.done), nil
}

// NewMessage gives a message to be filled in. The error is an [*Error]: ErrClosed,
// or ErrTransactional. Nothing is counted before the message is sent.
func (s *Sender) NewMessage(topic string) (*Message, error) {
	switch {
	case s.transactional:
		return nil, &Error{Topic: topic, Err: ErrTransactional}
	case s.lifetime.Err() != nil:
		return nil, &Error{Topic: topic, Err: ErrClosed}
	}
	m := messages.Get().(*Message)
	m.Record.Topic, m.Record.Partition = topic, kafkaclient.AnyPartition
	return m, nil
}

// Produce sends a message and waits for its result. The error is an [*Error]. If ctx ends first,
// the message may be delivered all the same; if it is not, the next Flush reports it. The
// message is not the caller's any more.
func (s *Sender) Produce(ctx context.Context, m *Message) (Delivery, error) {
	if ctx.Err() != nil {
		return Delivery{}, m.fail(s.explainUnheld(context.Cause(ctx)))
	}
	topic := m.Record.Topic
	p := s.waitedFor.Get().(*pending)
	if err := s.send(ctx, m, p); err != nil {
		return Delivery{}, err
	}
	select {
	case r := <-p.result:
		return s.received(p, r)
	case <-ctx.Done():
	}
	err := s.explainUnheld(context.Cause(ctx))
	if p.state.CompareAndSwap(waiting, left) {
		return Delivery{}, &Error{Topic: topic, MaybeDelivered: true, Err: err}
	}
	return s.received(p, <-p.result) // it came at the same moment
}

// received is the end of a pending delivery whose caller has its result.
func (s *Sender) received(p *pending, r result) (Delivery, error) {
	s.release(p)
	if r.err != nil {
		return Delivery{}, r.err
	}
	return r.Delivery, nil
}

// ProduceAsync sends a message and returns once it is queued; while the queue is full it waits
// until ctx is done. An error is an [*Error]: the message is not queued, and callback is not
// called. Otherwise callback is called once with the result. A nil callback is the
// cheapest: Flush reports failures. The message is not the caller's any more.
func (s *Sender) ProduceAsync(ctx context.Context, m *Message, callback Callback) error {
	if callback == nil && m.Done == nil && s.groups.addAnonymous() {
		return s.sendAnonymous(ctx, m)
	}
	p := notWaitedFor.Get().(*pending)
	p.callback = callback
	if err := s.send(ctx, m, p); err != nil {
		return err
	}
	return nil
}

// send queues a message. From then on the pending delivery belongs to the report; with an error
// it is released.
func (s *Sender) send(ctx context.Context, m *Message, p *pending) *Error {
	group, err := s.groups.add()
	if err != nil {
		s.release(p)
		return m.fail(err)
	}
	if m.Record.Timestamp.IsZero() { // the caller gets to know it
		m.Record.Timestamp = time.Now()
	}
	p.group, p.topic, p.at, p.done = group, m.Record.Topic, m.Record.Timestamp.UnixMilli(), m.Done
	if err := s.put(ctx, &m.Record, p); err != nil {
		s.release(p)
		defer group.settle(nil)
		return m.fail(err)
	}
	m.release()
	return nil
}

// sendAnonymous queues a message that is counted in already. Without a token clients need
// neither a table nor memory for it.
func (s *Sender) sendAnonymous(ctx context.Context, m *Message) error {
	if err := s.put(ctx, &m.Record, nil); err != nil {
		s.groups.settleAnonymous(1, nil)
		return m.fail(err)
	}
	m.release()
	return nil
}
