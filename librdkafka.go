//go:build cgo

package concord

import (
	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/rdkafka"
	"github.com/concord-go/concord/internal/kafkaconfig"
)

// NewProducer makes a producer on librdkafka. config holds librdkafka's settings; it is copied
// and never written to. "bootstrap.servers" is required; what contradicts the
// promises of [Producer] is refused with a [*ConfigError], as are settings that
// librdkafka does not know. It does not connect: brokers that cannot be reached
// show in the log and, in time, as a failure to deliver.
func NewProducer[K, V any](config *kafka.ConfigMap, key Serializer[K], value Serializer[V], opts ...ProducerOption) (*Producer[K, V], error) {
	o := producerOptionsOf(opts)
	s, err := readSettings(config)
	if err != nil {
		return nil, public(err)
	}
	if err := s.CheckCallbacks(o.tokens != nil, o.statistics != nil); err != nil {
		return nil, public(err)
	}
	settings, err := s.ForProducer(o.transactionalID, o.transactional)
	if err != nil {
		return nil, public(err)
	}
	p, err := newProducer(key, value, o, settings, func(r kafkaclient.Reporter) (kafkaclient.Producer, error) {
		return rdkafka.NewProducer(rdkafka.Config{Settings: settings.Settings, Log: o.log, TokenSource: o.tokens, Statistics: o.statistics}, r)
	})
	if err != nil {
		return nil, err
	}
	logSettings(orDefault(o.log), "a producer is configured", settings.Settings)
	return p, nil
}

// NewConsumer makes a consumer on librdkafka. config holds librdkafka's settings; it is copied
// and never written to. "bootstrap.servers", "group.id" and "auto.offset.reset"
// are required, the last because it decides what a new group reads; what
// contradicts the promises of [Consumer] is refused with a [*ConfigError], as are
// settings that librdkafka does not know. It does not connect.
func NewConsumer[K, V any](config *kafka.ConfigMap, key Deserializer[K], value Deserializer[V], opts ...ConsumerOption) (*Consumer[K, V], error) {
	o := consumerOptionsOf(opts)
	s, err := readSettings(config)
	if err != nil {
		return nil, public(err)
	}
	if err := s.CheckCallbacks(o.tokens != nil, o.statistics != nil); err != nil {
		return nil, public(err)
	}
	settings, err := s.ForConsumer()
	if err != nil {
		return nil, public(err)
	}
	c, err := newConsumer(key, value, o, settings, func() (kafkaclient.Consumer, error) {
		return rdkafka.NewConsumer(rdkafka.Config{Settings: settings.Settings, Log: o.log, TokenSource: o.tokens, Statistics: o.statistics})
	})
	if err != nil {
		return nil, err
	}
	logSettings(orDefault(o.log), "a consumer is configured", settings.Settings)
	return c, nil
}

// readSettings copies the caller's map.
func readSettings(config *kafka.ConfigMap) (kafkaconfig.Settings, error) {
	if config == nil {
		return nil, &kafkaconfig.Error{Reason: "the kafka.ConfigMap is nil"}
	}
	settings := make(map[string]any, len(*config))
	for name, value := range *config {
		settings[name] = value
	}
	return kafkaconfig.Read(settings)
}
