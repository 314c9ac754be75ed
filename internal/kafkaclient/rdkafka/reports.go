//go:build cgo

package rdkafka

import (
	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// acknowledgedMost is how many acknowledgements are reported at once.
const acknowledgedMost = 64

// drain takes what librdkafka reports until the producer is closed.
func (p *Producer) drain() {
	events := p.kp.Events()
	acknowledged := 0 // messages without a token that are not reported yet
	for event := range events {
		switch e := event.(type) {
		case *kafka.Message:
			if e.Opaque == nil && e.TopicPartition.Error == nil {
				acknowledged++
			} else {
				p.report(e)
			}
		case kafka.Error:
			p.failed(e)
		case *kafka.Stats:
			if p.statistics != nil {
				p.statistics([]byte(e.String()))
			}
		case kafka.OAuthBearerTokenRefresh:
			p.tokens.refresh()
		}
		if acknowledged == acknowledgedMost || acknowledged > 0 && len(events) == 0 {
			p.conn.reached()
			p.reporter.Acknowledged(acknowledged)
			acknowledged = 0
		}
	}
	if acknowledged > 0 {
		p.reporter.Acknowledged(acknowledged)
	}
}

// report is for a message with a token, or one that failed.
func (p *Producer) report(m *kafka.Message) {
	r := kafkaclient.Report{Partition: m.TopicPartition.Partition, Offset: int64(m.TopicPartition.Offset)}
	if err := m.TopicPartition.Error; err != nil {
		r.Err = p.deliveryError(err)
		r.Offset = -1
		if m.TopicPartition.Topic != nil {
			r.Topic = *m.TopicPartition.Topic
		}
	} else {
		p.conn.reached()
	}
	if m.Opaque == nil {
		p.reporter.Failed(r)
		return
	}
	p.reporter.Delivered(m.Opaque, r)
}

// deliveryError is that of a message. What the code says of it counts, not the fatal error behind it.
func (p *Producer) deliveryError(err error) *kafkaclient.Error {
	maybe := toError(err).MaybeWritten
	e := produceError(p.explain(err))
	e.MaybeWritten = maybe
	return e
}

// failed takes an error event: connection trouble, or what no message is to blame for. librdkafka
// recovers from the former by itself; a fatal error is returned by every later call.
func (p *Producer) failed(e kafka.Error) {
	if p.conn.failed(e) {
		p.trouble.warn(e)
		return
	}
	p.trouble.note(toError(e))
}
