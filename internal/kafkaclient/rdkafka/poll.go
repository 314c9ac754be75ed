//go:build cgo

package rdkafka

import (
	"regexp"
	"strconv"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord/internal/kafkaclient"
)

const (
	// batchRecords and batchBytes bound a Batch.
	batchRecords = 64
	batchBytes   = 64 << 10
	// pollRecords and pollBytes bound what one Poll brings: the owner has other things to do.
	pollRecords = 256
	pollBytes   = 256 << 10
)

// Poll waits for an event, and takes the messages behind it that librdkafka has at hand.
func (c *Consumer) Poll(wait time.Duration, f *kafkaclient.Fetch) {
	c.fetch = f
	defer func() { c.fetch = nil }()
	size := 0
	for ms := milliseconds(max(wait, 0)); len(c.messages) < pollRecords && size < pollBytes; ms = 0 {
		m := c.take(c.kc.Poll(ms))
		if m == nil {
			break
		}
		size += len(m.Key) + len(m.Value)
	}
	c.flush(f)
}

// take serves an event, and returns it if it is a record, which is then in c.messages.
func (c *Consumer) take(event kafka.Event) *kafka.Message {
	switch e := event.(type) {
	case *kafka.Message:
		if e.TopicPartition.Error == nil && e.TopicPartition.Topic != nil {
			c.conn.reached()
			c.messages = append(c.messages, e)
			return e
		}
		tp := toPartition(&e.TopicPartition)
		c.failed(tp, e.TopicPartition.Error)
	case kafka.PartitionEOF:
		c.conn.reached()
		tp := kafka.TopicPartition(e)
		position := toPosition(&tp)
		c.flush(c.fetch) // an end is behind its records
		p := c.of(position.Topic, position.Partition)
		c.wentBack(p, position.Offset)
		p.next = position.Offset
		c.fetch.Ends = append(c.fetch.Ends, position)
	case kafka.Error:
		c.failed(kafkaclient.TopicPartition{}, e)
	case kafka.OffsetsCommitted:
		c.background.answer(e)
	case *kafka.Stats:
		if c.statistics != nil {
			c.statistics([]byte(e.String()))
		}
	case kafka.OAuthBearerTokenRefresh:
		c.tokens.refresh()
	}
	return nil
}

// failed notes an error. Connection trouble, which librdkafka recovers from by itself, is only logged.
func (c *Consumer) failed(tp kafkaclient.TopicPartition, err error) {
	if e, ok := err.(kafka.Error); ok && c.conn.failed(e) && kindOf(e.Code()) == kafkaclient.Unreachable && !e.IsFatal() {
		c.trouble.warn(e)
		return
	}
	if e := fetchError(err); e != nil {
		switch {
		case tp.Topic != "":
		case e.Kind == kafkaclient.UnknownTopic || e.Kind == kafkaclient.Denied:
			tp = named(e.Text)
		case e.Kind == kafkaclient.Corrupt:
			if tp = c.stalled(); tp.Topic == "" && c.mayBeNamed() {
				c.trouble.note(e)
				return
			}
			c.unnamed = time.Time{}
		case (e.Kind == kafkaclient.OutOfRange || e.Kind == kafkaclient.NoOffset) && len(c.partitions) == 1:
			for tp = range c.partitions {
			}
		}
		if e.Code > 0 { // a broker's
			c.conn.reached()
		}
		c.fetch.Errors = append(c.fetch.Errors, kafkaclient.FetchError{TopicPartition: tp, Err: e})
	}
}

// stalled is the partition that does not go on: the only one with records behind those that were
// delivered. librdkafka knows it, but the kafka package does not pass it on. While there are several it is
// empty.
func (c *Consumer) stalled() (found kafkaclient.TopicPartition) {
	c.flush(c.fetch) // positions are those of delivered records
	for tp, p := range c.partitions {
		if end, ok := c.End(tp); ok && p.next >= end {
			continue
		}
		if found.Topic != "" {
			return kafkaclient.TopicPartition{}
		}
		found = tp
	}
	return found
}

// places are how librdkafka names a topic or a partition in a text: the kafka package passes on
// nothing else.
var places = regexp.MustCompile(`^(?:Subscribed topic not available: ([\w.-]+): |([\w.-]+) \[(\d+)\]: )`)

// named is the topic or partition that a text names.
func named(text string) kafkaclient.TopicPartition {
	found := places.FindStringSubmatch(text)
	if found == nil {
		return kafkaclient.TopicPartition{}
	}
	if found[1] != "" {
		return kafkaclient.TopicPartition{Topic: found[1], Partition: kafkaclient.AnyPartition}
	}
	partition, err := strconv.ParseInt(found[3], 10, 32)
	if err != nil {
		return kafkaclient.TopicPartition{}
	}
	return kafkaclient.TopicPartition{Topic: found[2], Partition: int32(partition)}
}

// nameWait is how long an error of a partition is held back until it is known which one it is: the
// others are read to their ends meanwhile, and librdkafka reports the error again, twice a second.
const nameWait = 3 * time.Second

func (c *Consumer) mayBeNamed() bool {
	if c.unnamed.IsZero() {
		c.unnamed = time.Now()
	}
	return time.Since(c.unnamed) < nameWait
}

// flush makes batches of the messages.
func (c *Consumer) flush(f *kafkaclient.Fetch) {
	for from := 0; from < len(c.messages); {
		first := c.messages[from]
		p := c.of(*first.TopicPartition.Topic, first.TopicPartition.Partition)
		to, size := from, 0
		for to < len(c.messages) && to-from < batchRecords && size < batchBytes {
			m := c.messages[to]
			if m.TopicPartition.Partition != p.Partition || *m.TopicPartition.Topic != p.Topic {
				break
			}
			size += len(m.Key) + len(m.Value)
			to++
		}
		c.wentBack(p, int64(first.TopicPartition.Offset))
		f.Batches = append(f.Batches, p.batch(c.messages[from:to]))
		from = to
	}
	clear(c.messages)
	c.messages = c.messages[:0]
}

// wentBack notes that a partition goes on before where it was, as when its topic was made anew.
func (c *Consumer) wentBack(p *partition, to int64) {
	if to < p.next {
		c.background.place(p.TopicPartition, true)
	}
}

// batch makes records of the messages, but for those that were read before. A message becomes
// garbage with it; a record keeps its key, value and header values.
func (p *partition) batch(messages []*kafka.Message) kafkaclient.Batch {
	b := kafkaclient.Batch{TopicPartition: p.TopicPartition}
	fresh := messages[:0]
	for _, m := range messages {
		if p.rewind.Seen(int64(m.TopicPartition.Offset), m.Timestamp, m.Key, m.Value) {
			b.Rewound++
		} else {
			fresh = append(fresh, m)
		}
	}
	p.next = int64(messages[len(messages)-1].TopicPartition.Offset) + 1
	if len(fresh) == 0 {
		return b
	}
	b.Records = make([]kafkaclient.Record, len(fresh))
	for i, m := range fresh {
		b.Records[i] = kafkaclient.Record{
			Topic: p.Topic, Partition: p.Partition,
			Offset:      int64(m.TopicPartition.Offset),
			LeaderEpoch: epoch(m.TopicPartition.LeaderEpoch),
			Key:         m.Key, Value: m.Value, Headers: headersOf(m),
			Timestamp: m.Timestamp, TimestampType: timestampType(m.TimestampType),
		}
	}
	return b
}

// headersOf are a record's headers, nil where it has none.
func headersOf(m *kafka.Message) []kafkaclient.Header {
	if len(m.Headers) == 0 {
		return nil
	}
	headers := make([]kafkaclient.Header, len(m.Headers))
	for i, h := range m.Headers {
		headers[i] = kafkaclient.Header(h)
	}
	return headers
}

func timestampType(t kafka.TimestampType) kafkaclient.TimestampType {
	switch t {
	case kafka.TimestampCreateTime:
		return kafkaclient.CreateTime
	case kafka.TimestampLogAppendTime:
		return kafkaclient.LogAppendTime
	}
	return kafkaclient.NoTimestampType
}
