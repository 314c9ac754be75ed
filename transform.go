//go:build cgo

package concord

import (
	"context"
	"errors"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

// Transform reads records with from, makes messages of each, and writes them with to,
// exactly once: the messages and the offset of the record that they were made of are
// committed in one transaction. Whoever reads with isolation.level=read_committed, the default
// of a [Consumer], sees each record's messages once, whatever ends or restarts in between.
//
// make is called for each record, and sends what it makes of it; for a record that
// has no consequence it sends nothing. send serializes, and fails where the message cannot be; the messages
// are kept until make returns nil, and dropped where it does not, so that a further try starts
// afresh. It must not be called after make has returned, nor from several goroutines at once. What make
// does besides sending may be done again.
//
// to must have been made with [WithTransactionalID]. The options of from say what they
// always do: order and concurrency, queues, policy, retries, interceptors. Messages are written
// in the order of their records in each partition even with [Unordered]. Dead letters
// ([WithDeadLetters]) go through to and are part of the transaction; the producer given there is
// not used, and may be nil.
//
// make runs outside of transactions, and may take its time: every [WithTransactionInterval], what
// is ready is written in one. A transaction that fails is aborted and written again from
// memory, while the records that wait for it count as in hand. A message that the broker refuses by itself, for it is too
// large, say, is a failure of its record with the stage [Sending], and the policy's to
// decide. When partitions are revoked, a last transaction covers what is ready of them; when
// they are lost, that is dropped, and the group's coordinator refuses what was under way.
//
// Transform ends as [Consumer.Run] does. Besides, it ends with an error that is [ErrFenced] when
// another producer with the same transactional id has taken over. One Transform at a time for
// each producer.
func Transform[K, V, K2, V2 any](ctx context.Context, from *Consumer[K, V], to *Producer[K2, V2], topics []string, make func(ctx context.Context, m *Message[K, V], send func(Message[K2, V2]) error) error) error {
	switch {
	case make == nil:
		return &ConsumeError{Doing: "subscribe", Err: errors.New("the function is nil")}
	case to.transactor == nil:
		return &ConfigError{Setting: "transactional.id", Reason: "Transform needs a Producer that was made with concord.WithTransactionalID"}
	}
	t := to.transactor
	if err := t.lock(); err != nil {
		return err
	}
	defer t.unlock()
	if err := t.init(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	return from.poller.run(ctx, topics, t, intercepted(from.poller.options.interceptors, func(ctx context.Context, a *attempt) error {
		return from.process(ctx, a, func(ctx context.Context, m *Message[K, V]) error {
			a.outputs = nil // of an earlier try
			return make(ctx, m, func(out Message[K2, V2]) error {
				o, err := to.output(ctx, &out)
				if err == nil {
					a.outputs = append(a.outputs, o)
				}
				return err
			})
		})
	}))
}

// WithTransactionalID makes a producer for [Transform], and only for that. The id must be one
// that no other producer of the cluster has at the same time, and should be the same
// when the program is started again, as that ends at once what its last life left
// unfinished; without that, readers wait for it until transaction.timeout.ms, 60 s by default.
// The name of a stateful set's pod will do, together with the program's.
func WithTransactionalID(id string) ProducerOption { return transactionalID(id) }

type transactionalID string

func (id transactionalID) applyProducer(to *producerOptions) {
	to.transactional, to.transactionalID = true, string(id)
}

// WithTransactionInterval says how often [Transform] writes a transaction when there is
// something to write. Readers see nothing of it before its end; each costs the brokers some
// writes of their own. The default, also for zero, is 100 ms.
func WithTransactionInterval(d time.Duration) ProducerOption { return transactionInterval(d) }

type transactionInterval time.Duration

func (d transactionInterval) applyProducer(to *producerOptions) {
	to.transactionInterval = time.Duration(d)
}

const defaultTransactionInterval = 100 * time.Millisecond

// output is a message that is written when its record's turn has come.
type output struct {
	scratch    // the message and its buffers
	ticket     ticket
	transactor *transactor

	// What its last delivery report said.
	delivery Delivery
	err      error
}

// output serializes a message.
func (p *Producer[K, V]) output(ctx context.Context, m *Message[K, V]) (*output, error) {
	o := &output{transactor: p.transactor}
	if len(p.interceptors) > 0 {
		m.Headers, o.ticket.done = p.interceptors.intercept(ctx, m.Topic, m.Headers)
	}
	if err := p.fillObserved(ctx, &o.scratch, m, &o.ticket); err != nil {
		err = &ProduceError{Topic: m.Topic, Err: err}
		o.end(err)
		return nil, err
	}
	o.message.Opaque = o
	return o, nil
}

func (o *output) size() int { return sizeOf(&o.message) }

// delivered takes the delivery report, on the goroutine of all reports.
func (o *output) delivered(m *kafka.Message) {
	o.delivery = Delivery{Topic: o.topic, Partition: m.TopicPartition.Partition, Offset: int64(m.TopicPartition.Offset), Timestamp: o.ticket.timestamp()}
	o.err = m.TopicPartition.Error
	o.transactor.sender.count(o.err)
	o.transactor.reports.Done()
}

// end tells the interceptors what became of the message.
func (o *output) end(err error) {
	if o.ticket.done == nil {
		return
	}
	if err != nil {
		o.ticket.done(Delivery{}, err)
		return
	}
	o.ticket.done(o.delivery, nil)
}
