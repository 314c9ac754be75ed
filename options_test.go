//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
)

// The group, the ring of the limit and the positions are each consumer's own.
func TestAnOptionCanBeGivenToSeveralConsumers(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "u", "t.dead")
	produce(t, bootstrap, "t", "poison 1", "poison 2")
	produce(t, bootstrap, "u", "poison 3", "poison 4")
	dead := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
	shared := []concord.ConsumerOption{
		concord.WithDeadLetters(dead, concord.DeadLetterTopic("t.dead"), concord.WithDeadLetterLimit(0.5, 3)), concord.FromOffset("t", 0, 1), concord.FromOffset("u", 0, 0), concord.WithStopAtEnd(),
	}
	mk := func(group string) *concord.Consumer[string, string] {
		c, err := concord.NewConsumer(&kafka.ConfigMap{"bootstrap.servers": bootstrap, "group.id": group, "auto.offset.reset": "earliest"}, concord.String(), picky{}, append([]concord.ConsumerOption{quiet}, shared...)...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closeNow(t, c) })
		return c
	}
	first, second := mk("first"), mk("second")
	mk("third") // is only made
	for c, topic := range map[*concord.Consumer[string, string]]string{first: "t", second: "u"} {
		if err := c.Run(testContext(t), []string{topic}, func(context.Context, *texts) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	got := make(map[string]string)
	for _, m := range deadLetters(t, bootstrap, "t.dead") {
		d, _ := concord.ParseDeadLetter(m.Headers)
		got[string(m.Value)] = d.Origin.Group
	}
	if len(got) != 3 || got["poison 2"] != "first" || got["poison 3"] != "second" || got["poison 4"] != "second" {
		t.Errorf("dead letters and their groups: %v", got)
	}
}

// Callers build lists of options with conditions in them.
func TestNilOptionsAreNone(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.dead")
	produce(t, bootstrap, "t", "a")
	p, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": bootstrap}, concord.Bytes(), concord.Bytes(), nil, quiet, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close(testContext(t))
	c := newConsumer(t, bootstrap, "g", concord.String(), concord.String(), nil, concord.WithStopAtEnd(), concord.StartPosition{}, concord.WithPolicy(nil),
		concord.WithDeadLetters(p, concord.DeadLetterTopic("t.dead"), nil, concord.KafkaProfile, nil),
		concord.WithHandleInterceptor(), concord.WithObserver(concord.Observer{}), concord.WithStatistics(nil), concord.WithTokenSource(nil))
	if err := c.Run(testContext(t), []string{"t"}, func(context.Context, *texts) error { return concord.Permanent(errors.New("no")) }); err != nil {
		t.Fatal(err)
	}
	if s := c.Stats(); s.DeadLetters != 1 {
		t.Errorf("%+v", s)
	}
	replayer := newConsumer(t, bootstrap, "replay", concord.Bytes(), concord.Bytes())
	if _, err := concord.ReplayDeadLetters(testContext(t), replayer, p, []string{"t.dead"}, []string{"t"}, nil, concord.ReplayTo(nil), concord.ReplayOnly(nil)); err != nil {
		t.Error(err)
	}
}

func TestSettingsThatContradictTheRuntimeAreRefused(t *testing.T) {
	t.Parallel()
	source := concord.WithTokenSource(func(context.Context) (concord.Token, error) { return concord.Token{}, nil })
	for name, c := range map[string]struct {
		setting string
		config  kafka.ConfigMap
		opts    []concord.ConsumerOption
	}{
		"commits without a pause":               {"auto.commit.interval.ms", kafka.ConfigMap{"auto.commit.interval.ms": 0}, nil},
		"a negative interval":                   {"auto.commit.interval.ms", kafka.ConfigMap{"auto.commit.interval.ms": -1}, nil},
		"no number":                             {"auto.commit.interval.ms", kafka.ConfigMap{"auto.commit.interval.ms": "soon"}, nil},
		"statistics that nobody takes":          {"statistics.interval.ms", kafka.ConfigMap{"statistics.interval.ms": 1000}, nil},
		"tokens that nobody brings":             {"sasl.mechanism", kafka.ConfigMap{"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "OAUTHBEARER"}, nil},
		"tokens for another mechanism":          {"sasl.mechanism", kafka.ConfigMap{"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN"}, []concord.ConsumerOption{source}},
		"tokens besides those of the client":    {"sasl.oauthbearer.method", kafka.ConfigMap{"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.method": "oidc"}, []concord.ConsumerOption{source}},
		"tokens over a connection without SASL": {"security.protocol", kafka.ConfigMap{"sasl.mechanism": "OAUTHBEARER"}, []concord.ConsumerOption{source}},
		"dead letters without a topic":          {"", nil, []concord.ConsumerOption{concord.WithDeadLetters(nil, nil)}},
		"no partition":                          {"", nil, []concord.ConsumerOption{concord.WithManualAssignment()}},
		"a negative partition":                  {"", nil, []concord.ConsumerOption{concord.WithManualAssignment(-1)}},
		"a negative offset":                     {"", nil, []concord.ConsumerOption{concord.FromOffset("t", 0, -1)}},
		"a topic without a name":                {"", nil, []concord.ConsumerOption{concord.FromOffset("", 0, 1)}},
	} {
		config := kafka.ConfigMap{"bootstrap.servers": "127.0.0.1:1", "group.id": "g", "auto.offset.reset": "earliest"}
		for k, v := range c.config {
			config[k] = v
		}
		_, err := concord.NewConsumer(&config, concord.String(), concord.String(), append([]concord.ConsumerOption{quiet}, c.opts...)...)
		if e, ok := errors.AsType[*concord.ConfigError](err); !ok || e.Setting != c.setting || e.Reason == "" {
			t.Errorf("%s: %v, want a ConfigError for %q", name, err, c.setting)
		}
	}
}

func TestARunNeedsTheProducersOfItsOptions(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	for name, option := range map[string]concord.ConsumerOption{
		"WithDeadLetters": concord.WithDeadLetters(nil, concord.DeadLetterTopic("t.dead")),
		"WithRetryTopics": concord.WithRetryTopics(nil, concord.RetryTopic{Suffix: ".soon", Delay: time.Second}),
	} {
		err := consumerWith(t, bootstrap, name, option).Run(testContext(t), []string{"t"}, func(context.Context, *texts) error { return nil })
		if _, ok := errors.AsType[*concord.ConfigError](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatAConsumerCannotPromiseIsRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]kafka.ConfigMap{
		"group.id":                 {"group.id": ""},
		"auto.offset.reset":        {"auto.offset.reset": ""},
		"enable.auto.offset.store": {"enable.auto.offset.store": true},
		"enable.auto.commit":       {"enable.auto.commit": false},
		"go.events.channel.enable": {"go.events.channel.enable": true},
		"no.such.setting":          {"no.such.setting": "x"},
		"bootstrap.servers":        {"bootstrap.servers": ""},
	} {
		config := kafka.ConfigMap{"bootstrap.servers": "127.0.0.1:1", "group.id": "g", "auto.offset.reset": "earliest"}
		for k, v := range change {
			config[k] = v
		}
		before := fmt.Sprint(config)
		_, err := concord.NewConsumer(&config, concord.String(), concord.String(), quiet)
		var ce *concord.ConfigError
		if !errors.As(err, &ce) || ce.Setting != name {
			t.Errorf("%s: got %v, want a ConfigError for it", name, err)
		}
		if fmt.Sprint(config) != before {
			t.Errorf("%s: the caller's map was changed", name)
		}
	}
}
