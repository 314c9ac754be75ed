//go:build cgo

package rdkafka

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord/internal/inflight"
	"github.com/concord-go/concord/internal/kafkaclient"
)

// Consumer implements [kafkaclient.Consumer].
type Consumer struct {
	kc         *kafka.Consumer
	reset      kafka.Offset
	isolation  kafka.IsolationLevel // of ListOffsets
	statistics func([]byte)
	trouble    troubleLog
	conn       connection
	tokens     *tokens

	committing chan struct{} // one token: held while librdkafka commits
	background background
	calls      sync.WaitGroup // that block in C
	logs       sync.WaitGroup

	// What follows is the owner's.
	rebalancer kafkaclient.Rebalancer // nil: partitions change hands without a callback
	manual     bool                   // Assign was called, not Subscribe
	fetch      *kafkaclient.Fetch     // of the Poll in progress
	messages   []*kafka.Message       // read, not yet in a Batch; empty between Polls
	partitions map[kafkaclient.TopicPartition]*partition
	recent     *partition // of the last message
	unnamed    time.Time  // the first report of a batch that cannot be read whose partition is not known yet; zero: there is none
	noMember   *kafka.ConsumerGroupMetadata
}

// partition is what is kept of a partition while it is assigned.
type partition struct {
	kafkaclient.TopicPartition
	rewind inflight.Rewind
	told   bool  // the Rebalancer was called with it
	next   int64 // the offset behind what was delivered, or where it was placed; -1: not known
}

// NewConsumer makes a consumer of the settings of [kafkaconfig.Settings.ForConsumer]. It does not
// connect. The error is a [*kafkaconfig.Error].
func NewConsumer(config Config) (*Consumer, error) {
	noMember, err := kafka.NewTestConsumerGroupMetadata(config.Settings["group.id"])
	if err != nil {
		return nil, config.refused(err)
	}
	kc, err := kafka.NewConsumer(config.configMap(kafka.ConfigMap{"go.logs.channel.enable": true}))
	if err != nil {
		return nil, config.refused(err)
	}
	c := &Consumer{
		kc: kc, reset: config.reset(), statistics: config.Statistics,
		trouble:    troubleLog{log: config.log(), client: kc.String()},
		conn:       connection{brokers: config.Settings.Brokers()},
		tokens:     newTokens(config.TokenSource, kc),
		committing: make(chan struct{}, 1),
		partitions: make(map[kafkaclient.TopicPartition]*partition),
		noMember:   noMember,
		isolation:  kafka.IsolationLevelReadCommitted, // librdkafka's default
	}
	if strings.EqualFold(strings.TrimSpace(config.Settings["isolation.level"]), "read_uncommitted") {
		c.isolation = kafka.IsolationLevelReadUncommitted
	}
	c.logs.Go(func() { drainLog(config.log(), kc.Logs()) })
	return c, nil
}

// Subscribe joins the group.
func (c *Consumer) Subscribe(topics []string, r kafkaclient.Rebalancer) error {
	if len(topics) == 0 {
		return refusal(kafkaclient.Invalid, "no topic is given")
	}
	c.rebalancer, c.manual = r, false
	if err := c.kc.SubscribeTopics(topics, c.rebalance); err != nil {
		c.rebalancer = nil
		return toError(err)
	}
	return nil
}

// Leave gives up the subscription or the assignment. A static member leaves the group, too:
// librdkafka's unsubscribe sends a LeaveGroup whatever the member is. Only Close does not.
func (c *Consumer) Leave(wait time.Duration) error {
	c.rebalancer = nil
	c.unstorePartitions(slices.Collect(maps.Keys(c.partitions)))
	var err error
	if c.manual {
		err = c.kc.Unassign()
	} else {
		err = c.kc.Unsubscribe()
	}
	if err != nil {
		return toError(err)
	}
	for deadline := time.Now().Add(wait); ; {
		c.discard(0) // a rebalance that is queued already
		left, err := c.kc.Assignment()
		if err != nil || len(left) == 0 {
			break
		}
		remaining := time.Until(deadline)
		if remaining <= 0 {
			break
		}
		c.discard(min(remaining, leavePoll))
	}
	clear(c.partitions)
	c.recent = nil
	return nil
}

// leavePoll bounds how long it takes to see that the assignment is gone.
const leavePoll = 50 * time.Millisecond

// discard serves an event, and drops what it brings.
func (c *Consumer) discard(wait time.Duration) {
	var f kafkaclient.Fetch
	c.fetch = &f
	c.take(c.kc.Poll(milliseconds(wait)))
	c.fetch = nil
	clear(c.messages)
	c.messages = c.messages[:0]
	for _, e := range f.Errors {
		c.trouble.note(e.Err)
	}
}

// Pause stops fetching: librdkafka drops what it has fetched ahead.
func (c *Consumer) Pause(partitions []kafkaclient.TopicPartition) error {
	return asError(toError(c.kc.Pause(fromPartitions(partitions))))
}

// Resume fetches again, from the record behind the last one that was delivered.
func (c *Consumer) Resume(partitions []kafkaclient.TopicPartition) error {
	return asError(toError(c.kc.Resume(fromPartitions(partitions))))
}

// Seek moves partitions, and waits until librdkafka has dropped what it had fetched.
func (c *Consumer) Seek(to []kafkaclient.Position) error {
	for i := range to {
		if to[i].Offset < 0 {
			return refusal(kafkaclient.Invalid, "a negative offset")
		}
	}
	if len(to) == 0 {
		return nil
	}
	c.unstore(to)
	sought, err := c.kc.SeekPartitions(fromPositions(to))
	if err != nil {
		return toError(err)
	}
	for i := range sought {
		if sought[i].Error == nil {
			tp := toPartition(&sought[i])
			told := c.of(tp.Topic, tp.Partition).told
			c.background.place(tp, true)
			c.begin(tp, int64(sought[i].Offset)).told = told
		}
	}
	return firstError(sought)
}

// End is librdkafka's, of the last fetch.
func (c *Consumer) End(tp kafkaclient.TopicPartition) (offset int64, ok bool) {
	_, high, err := c.kc.GetWatermarkOffsets(tp.Topic, tp.Partition)
	return high, err == nil && high >= 0
}

// GroupMetadata is a [*kafka.ConsumerGroupMetadata]. A member's is told from that of no member
// only by its bytes: the coordinator would take the latter's offsets unchecked.
func (c *Consumer) GroupMetadata() (m kafkaclient.GroupMetadata, member bool, err error) {
	metadata, err := c.kc.GetConsumerGroupMetadata()
	if err != nil {
		return nil, false, toError(err)
	}
	return metadata, !reflect.DeepEqual(metadata, c.noMember), nil
}

// Connection is nil while a broker is reached.
func (c *Consumer) Connection() error { return c.conn.err() }

// Name is librdkafka's client name.
func (c *Consumer) Name() string { return c.kc.String() }

// Close waits for calls under way, such as a commit, and ends the consumer.
func (c *Consumer) Close() error {
	c.rebalancer = nil
	c.tokens.close()
	c.calls.Wait()
	c.unstorePartitions(slices.Collect(maps.Keys(c.partitions)))
	err := c.kc.Close()
	c.logs.Wait()
	c.partitions, c.recent = nil, nil
	return asError(toError(err))
}

// begin makes a partition's state anew: at an assignment, and when it is moved.
func (c *Consumer) begin(tp kafkaclient.TopicPartition, next int64) *partition {
	p := &partition{TopicPartition: tp, next: next}
	c.partitions[tp] = p
	c.recent = nil
	return p
}

// of is a partition's state.
func (c *Consumer) of(topic string, id int32) *partition {
	if p := c.recent; p != nil && p.Partition == id && p.Topic == topic {
		return p
	}
	tp := kafkaclient.TopicPartition{Topic: topic, Partition: id}
	p := c.partitions[tp]
	if p == nil {
		p = c.begin(tp, -1)
	}
	c.recent = p
	return p
}

// asError keeps a nil pointer from becoming an error that is not nil.
func asError(e *kafkaclient.Error) error {
	if e == nil {
		return nil
	}
	return e
}

// firstError is the first that any of the partitions has.
func firstError(of []kafka.TopicPartition) error {
	i := slices.IndexFunc(of, func(tp kafka.TopicPartition) bool { return tp.Error != nil })
	if i < 0 {
		return nil
	}
	return toError(of[i].Error)
}

// milliseconds rounds up, so that a short wait does not become none.
func milliseconds(d time.Duration) int {
	return int((d + time.Millisecond - 1) / time.Millisecond)
}
