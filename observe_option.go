//go:build cgo

package concord

import (
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

// WithObserver has o told what the producer or consumer does. Several may be given.
func WithObserver(o Observer) Option { return observerOption(o) }

type observerOption Observer

func (o observerOption) applyProducer(to *producerOptions) { to.observers.add(Observer(o)) }
func (o observerOption) applyConsumer(to *consumerOptions) { to.observers.add(Observer(o)) }

// observers are what is asked for, each kind by itself.
type observers struct {
	decoded   []func(Decoded)
	encoded   []func(Encoded)
	polled    []func(Polled)
	committed []func(Committed)
}

func (to *observers) add(o Observer) {
	if o.Decoded != nil {
		to.decoded = append(to.decoded, o.Decoded)
	}
	if o.Encoded != nil {
		to.encoded = append(to.encoded, o.Encoded)
	}
	if o.Polled != nil {
		to.polled = append(to.polled, o.Polled)
	}
	if o.Committed != nil {
		to.committed = append(to.committed, o.Committed)
	}
}

func tell[E any](to []func(E), e E) {
	for _, f := range to {
		f(e)
	}
}

// committed tells of a commit.
func (p *poller) committed(offsets []kafka.TopicPartition, took time.Duration, err error) {
	if len(p.options.observers.committed) == 0 {
		return
	}
	c := Committed{Group: p.group, Took: took, Err: err}
	for i := range offsets {
		if c.Err == nil {
			c.Err = offsets[i].Error
		}
		if offsets[i].Offset >= 0 && offsets[i].Topic != nil {
			c.Positions = append(c.Positions, Position{*offsets[i].Topic, offsets[i].Partition, int64(offsets[i].Offset)})
		}
	}
	if len(c.Positions) > 0 || c.Err != nil && !isCode(c.Err, kafka.ErrNoOffset) {
		tell(p.options.observers.committed, c)
	}
}
