package concord

import (
	"time"

	"github.com/concord-go/concord/internal/consume"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/serde"
)

// Observer is called with what a [Consumer] or [Producer] does: the seam for metrics and spans that need more
// than [Consumer.Stats] and interceptors, and for programs that keep state by partition. Each field may be nil, and
// what nobody observes is not measured. The functions are called on the goroutines that do the work, several at a time,
// and must not block. They must not keep what they are given.
type Observer struct {
	// OnDecoded: key and value of a record were read, or could not be.
	OnDecoded func(Decoded)
	// OnEncoded: key and value of a message were written, or could not be.
	OnEncoded func(Encoded)
	// OnPolled: records of a partition came from the brokers, and were given to workers.
	OnPolled func(Polled)
	// OnCommitted: offsets were committed, or could not be.
	OnCommitted func(Committed)
	// OnAssigned: the group has assigned partitions, perhaps none. Their first record is handled later.
	OnAssigned func(Rebalanced)
	// OnRevoked: partitions are revoked. Their handlers have returned, or their contexts have ended, and
	// what was handled is committed.
	OnRevoked func(Rebalanced)
	// OnLost: partitions are other members' already, after this one was cut off from its group. Their
	// handlers' contexts have ended, and handlers may still be at work.
	OnLost func(Rebalanced)
}

// WithObserver has o called with what the producer or consumer does. It may be given several times.
func WithObserver(o Observer) Option {
	return clientOption(func(to *clientOptions) { to.observers = append(to.observers, o) })
}

// Decoded is for [Observer].
type Decoded struct {
	Topic      string
	Key, Value serde.Info
	Took       time.Duration
	Err        error // nil, or a [*RecordError]
}

// Encoded is for [Observer].
type Encoded struct {
	Topic string
	Size  int // bytes of key, value and headers
	Took  time.Duration
	Err   error
}

// Polled is for [Observer].
type Polled struct {
	Topic     string
	Partition int32
	Records   int
	First     int64 // offset of the first of them
	// Took is how long it took to give them to workers.
	Took time.Duration
}

// Committed is for [Observer].
type Committed struct {
	Group     string
	Positions []Position
	// Took is 0 for offsets that a transaction committed.
	Took time.Duration
	Err  error
}

// Position is a place in a partition.
type Position struct {
	Topic     string
	Partition int32
	Offset    int64
}

// Rebalanced is for [Observer].
type Rebalanced struct {
	Group      string
	Partitions []TopicPartition
}

// TopicPartition names a partition.
type TopicPartition struct {
	Topic     string
	Partition int32
}

type observers []Observer

// observe makes one function of those of an event; nil where there are none.
func observe[E any](all observers, of func(*Observer) func(E)) func(E) {
	var fs []func(E)
	for i := range all {
		if f := of(&all[i]); f != nil {
			fs = append(fs, f)
		}
	}
	switch len(fs) {
	case 0:
		return nil
	case 1:
		return fs[0]
	}
	return func(e E) {
		for _, f := range fs {
			f(e)
		}
	}
}

// engine is the observer for the engine.
func (all observers) engine(group string) consume.Observer {
	var o consume.Observer
	if f := observe(all, func(o *Observer) func(Polled) { return o.OnPolled }); f != nil {
		o.Polled = func(tp kafkaclient.TopicPartition, records int, first int64, took time.Duration) {
			f(Polled{Topic: tp.Topic, Partition: tp.Partition, Records: records, First: first, Took: took})
		}
	}
	if f := observe(all, func(o *Observer) func(Committed) { return o.OnCommitted }); f != nil {
		o.Committed = func(at []kafkaclient.Position, took time.Duration, err error) {
			c := Committed{Group: group, Took: took, Err: public(err)}
			for _, p := range at {
				c.Positions = append(c.Positions, Position{p.Topic, p.Partition, p.Offset})
			}
			f(c)
		}
	}
	rebalanced := func(f func(Rebalanced)) func([]kafkaclient.TopicPartition) {
		if f == nil {
			return nil
		}
		return func(tps []kafkaclient.TopicPartition) {
			r := Rebalanced{Group: group}
			for _, tp := range tps {
				r.Partitions = append(r.Partitions, TopicPartition(tp))
			}
			f(r)
		}
	}
	o.Assigned = rebalanced(observe(all, func(o *Observer) func(Rebalanced) { return o.OnAssigned }))
	o.Revoked = rebalanced(observe(all, func(o *Observer) func(Rebalanced) { return o.OnRevoked }))
	o.Lost = rebalanced(observe(all, func(o *Observer) func(Rebalanced) { return o.OnLost }))
	return o
}
