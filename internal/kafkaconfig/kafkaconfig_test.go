package kafkaconfig_test

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/internal/kafkaconfig"
)

type settings = map[string]any

func with(base, changes settings) settings {
	base = maps.Clone(base)
	maps.Copy(base, changes)
	return base
}

var (
	forProducer = settings{"bootstrap.servers": "127.0.0.1:1"}
	forConsumer = settings{"bootstrap.servers": "127.0.0.1:1", "group.id": "g", "auto.offset.reset": "earliest"}
)

// wantRefused wants an error of the setting.
func wantRefused(t *testing.T, err error, setting string) {
	t.Helper()
	e, ok := errors.AsType[*kafkaconfig.Error](err)
	switch {
	case !ok || e.Setting != setting:
		t.Errorf("%v, want an error of %s", err, setting)
	case e.Reason == "" || !strings.HasPrefix(e.Error(), "setting "+setting+": "):
		t.Errorf("%q does not say why", e)
	}
}

func read(t *testing.T, config settings) kafkaconfig.Settings {
	t.Helper()
	s, err := kafkaconfig.Read(config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type broken struct{ name string }

func (b *broken) String() string { return b.name } // panics for nil

func TestValuesAreReadAsLibrdkafkaReadsThem(t *testing.T) {
	t.Parallel()
	config := settings{"bootstrap.servers": "a:1,b:2", "a": "x", "b": true, "c": -7, "d": &url.URL{Host: "h"}}
	before := fmt.Sprint(config)
	got := read(t, config)
	want := kafkaconfig.Settings{"bootstrap.servers": "a:1,b:2", "a": "x", "b": "true", "c": "-7", "d": "//h", "enable.metrics.push": "false"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if got.Brokers() != "a:1,b:2" {
		t.Errorf("brokers %q", got.Brokers())
	}
	if fmt.Sprint(config) != before {
		t.Error("the caller's map was changed")
	}
}

func TestWhatCannotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	for setting, value := range (settings{
		"go.batch.producer": true, "go.events.channel.enable": true, "{topic}.acks": 1, "default.topic.config": map[string]any{},
		"a.map": map[string]any{}, "a.float": 1.5, "a.nil": nil, "a.panic": (*broken)(nil), "bootstrap.servers": " ",
	}) {
		_, err := kafkaconfig.Read(with(forProducer, settings{setting: value}))
		wantRefused(t, err, setting)
	}
	if _, err := kafkaconfig.Read(nil); err == nil {
		t.Error("nil settings are taken")
	}
	_, err := kafkaconfig.Read(settings{})
	wantRefused(t, err, "bootstrap.servers")
	for _, name := range []string{"bootstrap.servers", "metadata.broker.list"} {
		_, err := kafkaconfig.Read(settings{name: "ada:canary@localhost:1"})
		wantRefused(t, err, name)
		if strings.Contains(err.Error(), "canary") {
			t.Errorf("%v", err)
		}
	}
}

func TestWhatAProducerCannotPromiseIsRefused(t *testing.T) {
	t.Parallel()
	for setting, value := range (settings{
		"acks": 1, "request.required.acks": 0, "enable.idempotence": false, "transactional.id": "x", "delivery.report.only.error": true,
	}) {
		_, err := read(t, with(forProducer, settings{setting: value})).ForProducer("", false)
		wantRefused(t, err, setting)
	}
	_, err := read(t, forProducer).ForProducer("", true)
	wantRefused(t, err, "transactional.id")
}

func TestWhatAProducerPromises(t *testing.T) {
	t.Parallel()
	s := read(t, forProducer)
	p, err := s.ForProducer("id", true)
	if err != nil {
		t.Fatal(err)
	}
	want := kafkaconfig.Settings{
		"bootstrap.servers": "127.0.0.1:1", "enable.metrics.push": "false", "transactional.id": "id", "compression.type": "lz4", "linger.ms": "5",
		"partitioner": "murmur2_random", "acks": "all", "enable.idempotence": "true", "delivery.report.only.error": "false",
	}
	if diff := cmp.Diff(want, p.Settings); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if len(s) != 2 {
		t.Errorf("the settings were changed: %v", s)
	}
	for value, lingers := range map[string]bool{"0": false, "20": false, "20.5": true, "1000": true, "x": true} {
		p, err := read(t, with(forProducer, settings{"queue.buffering.max.ms": value, "acks": "-1", "compression.codec": "none"})).ForProducer("", false)
		if err != nil || p.Lingers != lingers {
			t.Errorf("linger %s: %v, %v", value, p.Lingers, err)
		}
		for _, name := range []string{"linger.ms", "compression.type", "transactional.id"} {
			if _, set := p.Settings[name]; set {
				t.Errorf("%s is set beside its other name", name)
			}
		}
	}
}

func TestWhatAConsumerCannotPromiseIsRefused(t *testing.T) {
	t.Parallel()
	for setting, value := range (settings{
		"group.id": "", "auto.offset.reset": " ", "enable.auto.offset.store": true, "enable.auto.commit": false, "enable.partition.eof": true,
	}) {
		_, err := read(t, with(forConsumer, settings{setting: value})).ForConsumer()
		wantRefused(t, err, setting)
	}
	for _, value := range []any{0, -1, "x", "", "1.5", 86_400_001, "9223372036854775808"} {
		_, err := read(t, with(forConsumer, settings{"auto.commit.interval.ms": value})).ForConsumer()
		wantRefused(t, err, "auto.commit.interval.ms")
	}
	for setting, value := range (settings{"session.timeout.ms": 6000, "heartbeat.interval.ms": 100, "partition.assignment.strategy": "range", "group.protocol.type": "x"}) {
		_, err := read(t, with(forConsumer, settings{"group.protocol": "Consumer", setting: value})).ForConsumer()
		wantRefused(t, err, setting)
	}
}

func TestWhatAConsumerPromises(t *testing.T) {
	t.Parallel()
	c, err := read(t, forConsumer).ForConsumer()
	if err != nil {
		t.Fatal(err)
	}
	want := kafkaconfig.Consumer{Group: "g", CommitInterval: 5 * time.Second, Settings: kafkaconfig.Settings{
		"bootstrap.servers": "127.0.0.1:1", "enable.metrics.push": "false", "group.id": "g", "auto.offset.reset": "earliest",
		"isolation.level": "read_committed", "fetch.wait.max.ms": "100", "topic.metadata.refresh.interval.ms": "10000", "partition.assignment.strategy": "cooperative-sticky",
		"enable.auto.commit": "true", "auto.commit.interval.ms": "100", "enable.auto.offset.store": "false", "enable.partition.eof": "true",
	}}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	c, err = read(t, with(forConsumer, settings{
		"auto.commit.interval.ms": "250", "enable.auto.commit": "T", "group.instance.id": "a", "group.protocol": "consumer", "isolation.level": "read_uncommitted",
	})).ForConsumer()
	if err != nil {
		t.Fatal(err)
	}
	if c.CommitInterval != 250*time.Millisecond || !c.Static || c.Settings["enable.auto.commit"] != "true" || c.Settings["auto.commit.interval.ms"] != "100" || c.Settings["isolation.level"] != "read_uncommitted" {
		t.Errorf("%+v", c)
	}
	if _, set := c.Settings["partition.assignment.strategy"]; set {
		t.Error("partition.assignment.strategy is set")
	}
}

func TestResetIsReadInEachSpelling(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]kafkaconfig.Reset{
		"earliest": kafkaconfig.Earliest, "smallest": kafkaconfig.Earliest, " Beginning ": kafkaconfig.Earliest,
		"latest": kafkaconfig.Latest, "LARGEST": kafkaconfig.Latest, "end": kafkaconfig.Latest, "error": kafkaconfig.NoReset, "x": kafkaconfig.NoReset,
	} {
		if got := (kafkaconfig.Settings{"auto.offset.reset": value}).Reset(); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

func TestFunctionsAndSettingsMustFit(t *testing.T) {
	t.Parallel()
	oauth := settings{"security.protocol": "SASL_SSL", "sasl.mechanism": "OAUTHBEARER"}
	for name, c := range map[string]struct {
		settings           settings
		source, statistics bool
		refused            string // the setting; empty: it is taken
		says               string
	}{
		"nothing":                         {},
		"OAUTHBEARER and a source":        {settings: oauth, source: true},
		"OAUTHBEARER without one":         {settings: oauth, refused: "sasl.mechanism", says: "concord.WithTokenSource"},
		"by its other name":               {settings: settings{"sasl.mechanisms": "oauthbearer"}, refused: "sasl.mechanisms", says: "method=oidc"},
		"oidc":                            {settings: with(oauth, settings{"sasl.oauthbearer.method": "oidc"})},
		"oidc and a source":               {settings: with(oauth, settings{"sasl.oauthbearer.method": "OIDC"}), source: true, refused: "sasl.oauthbearer.method"},
		"the default method":              {settings: with(oauth, settings{"sasl.oauthbearer.method": "default"}), refused: "sasl.mechanism"},
		"unsecured tokens":                {settings: with(oauth, settings{"sasl.oauthbearer.config": "principal=a", "enable.sasl.oauthbearer.unsecure.jwt": true})},
		"unsecured tokens, not enabled":   {settings: with(oauth, settings{"enable.sasl.oauthbearer.unsecure.jwt": false}), refused: "sasl.mechanism"},
		"a source with another mechanism": {settings: settings{"sasl.mechanism": "PLAIN"}, source: true, refused: "sasl.mechanism", says: "OAUTHBEARER"},
		"a source without a mechanism":    {source: true, refused: "sasl.mechanism"},
		"a source without SASL":           {settings: settings{"sasl.mechanism": "OAUTHBEARER"}, source: true, refused: "security.protocol"},
		"statistics":                      {settings: settings{"statistics.interval.ms": 1000}, statistics: true},
		"statistics for nobody":           {settings: settings{"statistics.interval.ms": 1000}, refused: "statistics.interval.ms", says: "concord.WithStatistics"},
		"statistics that are off":         {settings: settings{"statistics.interval.ms": 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := read(t, with(forProducer, c.settings)).CheckCallbacks(c.source, c.statistics)
			switch {
			case c.refused == "" && err != nil:
				t.Error(err)
			case c.refused != "":
				wantRefused(t, err, c.refused)
				if err != nil && !strings.Contains(err.Error(), c.says) {
					t.Errorf("%q does not say %q", err, c.says)
				}
			}
		})
	}
}

func TestNoSecretIsInARefusalOrInTheLog(t *testing.T) {
	t.Parallel()
	const canary = "canary-5f1d"
	for _, name := range []string{"sasl.password", "ssl.key.pem", "ssl.keystore.password", "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config", "SASL.Jaas.Config"} {
		if !kafkaconfig.Secret(name) {
			t.Errorf("%s is no secret", name)
		}
		s := read(t, with(forProducer, settings{name: canary}))
		cause := errors.New("cause with " + canary)
		for _, quoted := range []string{canary, canary[:4]} {
			e := s.Refused(cause, `Invalid value "`+quoted+`" for configuration property "`+name+`"`)
			if e.Setting != name || e.Err != nil || strings.Contains(fmt.Sprintf("%v %+v", e, e), canary[:4]) {
				t.Errorf("%+v", e)
			}
		}
		if text := fmt.Sprint(s.Redacted()); strings.Contains(text, canary) || !strings.Contains(text, name) {
			t.Error(text)
		}
	}
	s := read(t, with(forProducer, settings{"group.id": "g", "sasl.oauthbearer.token.endpoint.url": "https://ada:canary@host"}))
	if text := fmt.Sprint(s.Redacted()); strings.Contains(text, "canary") || !strings.Contains(text, "127.0.0.1:1") {
		t.Error(text)
	}
	cause := errors.New("cause")
	e := s.Refused(cause, `No such configuration property: "group.id"`)
	if e.Setting != "group.id" || !errors.Is(e, cause) || !strings.Contains(e.Error(), "No such") {
		t.Errorf("%+v", e)
	}
	if e := s.Refused(cause, "something else"); e.Setting != "" || e.Error() != "configuration: something else" {
		t.Errorf("%+v", e)
	}
	for _, name := range []string{"group.id", "linger.ms", "sasl.username", "ssl.ca.location"} {
		if kafkaconfig.Secret(name) {
			t.Errorf("%s is a secret", name)
		}
	}
}

func TestTopicNames(t *testing.T) {
	t.Parallel()
	for _, topic := range []string{"", ".", "..", "a b", "a\x00b", "^a", "ü", strings.Repeat("x", 250)} {
		if kafkaconfig.ValidTopic(topic) == nil {
			t.Errorf("%q is taken", topic)
		}
	}
	for _, topic := range []string{"a", "...", "A-z_0.9", strings.Repeat("x", 249)} {
		if err := kafkaconfig.ValidTopic(topic); err != nil {
			t.Errorf("%q: %v", topic, err)
		}
	}
}
