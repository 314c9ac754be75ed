package concord

import (
	"slices"
	"time"

	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/reroute"
)

// RetryTopic is a topic in which records wait for a later attempt; see [WithRetryTopics].
type RetryTopic struct {
	// Suffix is appended to the name of the source topic: ".retry-10m", say. Groups that read the same
	// source should have suffixes of their own; with one they pass each other's records over.
	Suffix string
	// Delay is how long a record waits in the topic.
	Delay time.Duration
}

// WithRetryTopics lets records whose handler fails wait in topics of their own, so that
// those behind them need not wait. What the [Policy] answers with [ToRetryTopic] goes from the
// source topic to the first of these topics, from there to the second, and so on, and at last
// to the dead letters. p publishes the records, and each is acknowledged before its source's offset
// is committed. [Transform] publishes with its own producer, as part of the transaction, and p may be nil.
//
// The consumer reads the retry topics of its topics besides them, and they must exist; a
// regular expression must match them itself. A record in a retry topic is handled when it is due,
// which its header concord.retry.not-before says, and those behind it, which
// are due later, wait with it. The handler gets the record as it was: Topic, Partition and Offset are those of the
// source, and Message.RetryTopics counts the retry topics. It is no longer in the order of its key.
//
// A record in a retry topic that another group put there is passed over. One that anyone else put there is handled
// at once as a record of the retry topic, and goes to the dead letters when it fails. Headers of a record in a retry topic are trusted
// as the record itself is: give the right to write to it to the group's own services only.
//
// The program closes p, after the consumer.
func WithRetryTopics(p *Producer[[]byte, []byte], topics ...RetryTopic) ConsumerOption {
	r := retryTopics{producer: p, topics: slices.Clone(topics)}
	return consumerOption(func(o *consumerOptions) { o.retries = &r })
}

type retryTopics struct {
	producer *Producer[[]byte, []byte]
	topics   []RetryTopic
}

// engine is the same for the engine.
func (r *retryTopics) engine() (*handle.Retries, error) {
	retries := &handle.Retries{Sink: sinkOf(r.producer)}
	for _, t := range r.topics {
		retries.Topics = append(retries.Topics, reroute.RetryTopic(t))
	}
	if err := retries.Topics.Check(); err != nil {
		return nil, &ConfigError{Reason: "WithRetryTopics: " + err.Error()}
	}
	return retries, nil
}
