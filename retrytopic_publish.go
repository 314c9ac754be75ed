//go:build cgo

package concord

import (
	"context"
	"errors"
	"strings"
	"time"
)

// WithRetryTopics has records whose handler fails wait in topics of their own, so that
// those behind them need not wait: what the [Policy] answers [ToRetryTopic] about goes from the
// source topic to the first of these topics, from there to the second, and so on, and at last
// to the dead letters. p publishes them, and each is acknowledged before its source's offset
// is stored. [Transform] has its own producer publish them, as part of the transaction, and p may be nil.
//
// The consumer reads the retry topics of the topics that it is given, which must exist; a
// regular expression must match them itself. A record in one is handled when its time has come,
// which its header concord.retry.not-before says, and with it wait those behind it, which
// are due later. The handler gets it as it was: Topic, Partition and Offset are those of the
// source, Message.Retries says how often it was put aside. With its topic it leaves the order
// of its key.
//
// The program closes p, after the consumer.
func WithRetryTopics(p *Producer[[]byte, []byte], topics ...RetryTopic) ConsumerOption {
	return &retryTopics{producer: p, topics: topics, partitions: newPartitionCounts()}
}

type retryTopics struct {
	producer   *Producer[[]byte, []byte]
	topics     []RetryTopic
	partitions *partitionCounts
}

func (r *retryTopics) applyConsumer(to *consumerOptions) { to.retries = r }

// check refuses what would not work.
func (r *retryTopics) check() error {
	if len(r.topics) == 0 {
		return &ConfigError{Reason: "WithRetryTopics needs at least one RetryTopic"}
	}
	for i, t := range r.topics {
		if t.Suffix == "" || t.Delay < 0 {
			return &ConfigError{Reason: "a RetryTopic needs a suffix, and a delay that is not negative"}
		}
		for _, other := range r.topics[:i] {
			// Or one could not tell whose retry topic a name is.
			if strings.HasSuffix(t.Suffix, other.Suffix) || strings.HasSuffix(other.Suffix, t.Suffix) {
				return &ConfigError{Reason: "of two RetryTopics, the suffix of one ends with that of the other"}
			}
		}
	}
	return nil
}

// more reports whether there is a topic for records that have been to so many.
func (r *retryTopics) more(times int) bool { return r != nil && times < len(r.topics) }

// withTheirs are the topics, and the retry topics of those that are no regular expressions.
func (r *retryTopics) withTheirs(topics []string) []string {
	if r == nil {
		return topics
	}
	all := append([]string(nil), topics...)
	for _, topic := range topics {
		if strings.HasPrefix(topic, "^") {
			continue
		}
		if _, of := r.source(topic); of != nil {
			continue // one of them itself, named on purpose
		}
		for _, t := range r.topics {
			all = append(all, topic+t.Suffix)
		}
	}
	return all
}

// source is the topic whose records come to a retry topic; nil where topic is none.
func (r *retryTopics) source(topic string) (string, *RetryTopic) {
	if r == nil {
		return "", nil
	}
	for i := range r.topics {
		if source, ok := strings.CutSuffix(topic, r.topics[i].Suffix); ok && source != "" {
			return source, &r.topics[i]
		}
	}
	return "", nil
}

// message is a record on its way to its next retry topic.
func (r *retryTopics) message(p *Producer[[]byte, []byte], a *attempt, f Failure) (diverted, error) {
	next := a.retried
	if next.times == 0 {
		next.from = Origin{Topic: f.Topic, Partition: f.Partition, Offset: f.Offset}
	}
	t := r.topics[next.times]
	topic := next.from.Topic + t.Suffix
	if topic == f.Topic {
		return diverted{}, errDivertLoop
	}
	next.times++
	next.tries += f.Attempt
	next.due = time.Now().Add(t.Delay)
	m, err := r.partitions.divert(p, a.record, topic, next.from.Partition)
	m.Headers = retryHeaders(m.Headers, next)
	return m, err
}

var errNotYetDue = errors.New("it is not due yet")

// await reads what a record in a retry topic says of itself, and waits until it is due; false
// where the run, or the partition, ends first. What says nothing is a record like any other.
func (a *attempt) await(ctx context.Context) bool {
	source, _ := a.session.options.retries.source(a.partition.topic)
	if r, ok := parseRetried(headersOf(a.record), source); ok {
		a.retried = r
	}
	// Whatever the header says: no longer than the topic's delay.
	wait := min(time.Until(a.retried.due), a.partition.retry.Delay)
	if wait <= 0 {
		return true
	}
	release := a.hold(NotYetDue)
	defer release()
	return a.session.stopping.sleep(ctx, wait)
}
