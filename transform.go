package concord

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/concord-go/concord/internal/consume"
	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/produce"
)

// Transform reads records with from, makes messages of each, and writes them with to,
// exactly once: the messages and the offset of the record that they were made of are
// committed in one transaction. A reader with isolation.level=read_committed, the default
// of a [Consumer], sees each record's messages once, whatever ends or restarts in between.
//
// make is called for each record, and calls send with what it makes of it; for a record without
// a result it sends nothing. send serializes, and fails where that fails; the messages
// are kept until make returns nil, and dropped otherwise, so that a further attempt starts
// afresh. After make has returned, send returns an error; it must not be called from several goroutines at once. What make
// does besides sending may be done again.
//
// to must have been made with [WithTransactionalID]. The options of from mean what they
// always do: order and concurrency, limits, policy, retries, interceptors. Messages are written
// in the order of their records in each partition even with [Unordered]. Dead letters
// ([WithDeadLetters]) go through to and are part of the transaction; the producer given there is
// not used, and may be nil.
//
// make runs outside of transactions, and may take its time: every [WithTransactionInterval], what
// is ready is written in one. A transaction that fails is aborted and written again from
// memory, while its records count as in flight. A message that the broker refuses for good, because it is too
// large, for example, is a failure of its record with the stage [Sending], and the [Policy]
// decides. When partitions are revoked, a last transaction covers what is ready of them; when
// they are lost, that is dropped, and the group's coordinator refuses what was in progress.
//
// Transform ends as [Consumer.Run] does. It also ends with [ErrFenced] when
// another producer with the same transactional id has taken over, and with [ErrClosed] when to is closed. A transaction
// whose result is not known when it ends is resolved by the next Transform before it reads. One Transform at a time for
// each producer.
func Transform[K, V, K2, V2 any](ctx context.Context, from *Consumer[K, V], to *Producer[K2, V2], topics []string, make func(ctx context.Context, m *Message[K, V], send func(Message[K2, V2]) error) error) error {
	switch {
	case make == nil:
		return &ConsumeError{Doing: "subscribe", Err: errors.New("the function is nil")}
	case to.transactor == nil:
		return &ConfigError{Setting: "transactional.id", Reason: "Transform needs a Producer that was made with concord.WithTransactionalID"}
	}
	if err := checkTopics(topics); err != nil {
		return err
	}
	end, err := to.transactor.Begin(ctx, from.engine.Closing())
	if err != nil {
		if ctx.Err() != nil || errors.Is(err, consume.ErrClosed) {
			return nil
		}
		return public(err)
	}
	defer end()
	newWork := func() handle.Work {
		w := &transformWork[K, V, K2, V2]{to: to}
		w.work = work[K, V]{consumer: from, handler: func(ctx context.Context, m *Message[K, V]) error { return w.transform(ctx, m, make) }}
		return w
	}
	err = from.engine.Run(ctx, topics, newWork, consume.Mode{Committer: to.transactor.Committer, Sink: to.transactor.Sink()})
	return public(err)
}

// transformWork is the typed half of a worker of Transform.
type transformWork[K, V, K2, V2 any] struct {
	work[K, V]
	to      *Producer[K2, V2]
	outputs []*produce.Output
}

// Outputs is for [handle.Work].
func (w *transformWork[K, V, K2, V2]) Outputs() []*produce.Output {
	outputs := w.outputs
	w.outputs = nil
	return outputs
}

var errTransformed = errors.New("send was called after the function of Transform had returned")

func (w *transformWork[K, V, K2, V2]) transform(ctx context.Context, m *Message[K, V], make func(ctx context.Context, m *Message[K, V], send func(Message[K2, V2]) error) error) error {
	var (
		mu       sync.Mutex // send is not to be called by others, nor later; neither does harm
		returned bool
		outputs  []*produce.Output
	)
	defer func() {
		mu.Lock()
		defer mu.Unlock()
		returned = true
		w.outputs = outputs
	}()
	return make(ctx, m, func(out Message[K2, V2]) error {
		o, err := w.to.output(ctx, &out)
		if err != nil {
			return public(err)
		}
		mu.Lock()
		defer mu.Unlock()
		if returned {
			o.Finish(errTransformed)
			return &ProduceError{Topic: out.Topic, Err: errTransformed}
		}
		outputs = append(outputs, o)
		return nil
	})
}

var errOnlyTransforms = errors.New("this producer was made with WithTransactionalID: it sends in Transform alone")

// output serializes a message that a transaction writes.
func (p *Producer[K, V]) output(ctx context.Context, m *Message[K, V]) (*produce.Output, error) {
	headers := m.Headers
	var done produce.Callback
	if len(p.interceptors) > 0 {
		headers, done = intercepted(ctx, p.interceptors, m.Topic, headers)
	}
	o := produce.NewOutput(p.sender, done)
	if err := p.fillObserved(ctx, o.Message(), m, headers); err != nil {
		failed := &produce.Error{Topic: m.Topic, Err: err}
		o.Finish(failed)
		return nil, failed
	}
	o.Record().Headers = cloneHeaders(o.Record().Headers) // it waits for its transaction, and the caller's memory may change
	return o, nil
}

// WithTransactionalID makes a producer for [Transform], and only for that. The id must be one
// that no other producer of the cluster has at the same time, and should be the same
// when the program is started again: that ends at once what its last run left
// unfinished. Otherwise readers wait for it until transaction.timeout.ms, 60 s by default.
// The name of a stateful set's pod, together with the program's, is a good id.
func WithTransactionalID(id string) ProducerOption {
	return producerOption(func(o *producerOptions) { o.transactional, o.transactionalID = true, id })
}

// WithTransactionInterval says how often [Transform] writes a transaction when there is
// something to write. Readers see nothing of it before it is committed; each costs the brokers some
// writes of their own. The default, also for zero, is 100 ms.
func WithTransactionInterval(d time.Duration) ProducerOption {
	return producerOption(func(o *producerOptions) { o.transactionInterval = d })
}
