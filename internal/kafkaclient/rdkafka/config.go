//go:build cgo

package rdkafka

import (
	"errors"
	"log/slog"
	"maps"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaconfig"
)

// Config is what a client is made of.
type Config struct {
	// Settings are those of [kafkaconfig.Settings.ForProducer] or ForConsumer.
	Settings kafkaconfig.Settings
	// Log takes librdkafka's log, and connection errors; nil is [slog.Default].
	Log *slog.Logger
	// TokenSource brings tokens for sasl.mechanism=OAUTHBEARER.
	TokenSource kafkaclient.TokenSource
	// Statistics takes librdkafka's statistics, in JSON, every statistics.interval.ms: a consumer
	// calls it inside Poll, a producer on the goroutine of its Reporter.
	Statistics func([]byte)
}

func (c *Config) log() *slog.Logger {
	if c.Log != nil {
		return c.Log
	}
	return slog.Default()
}

// configMap is what the kafka package takes: the settings and its own.
func (c *Config) configMap(own kafka.ConfigMap) *kafka.ConfigMap {
	m := make(kafka.ConfigMap, len(c.Settings)+len(own))
	for name, v := range c.Settings {
		m[name] = v
	}
	maps.Copy(m, own)
	return &m
}

// refused is the error of a construction.
func (c *Config) refused(err error) *kafkaconfig.Error {
	e := c.Settings.Refused(err, err.Error())
	if e.Err == nil { // withheld, and err with it
		code := kafka.ErrInvalidArg
		if k, ok := errors.AsType[kafka.Error](err); ok {
			code = k.Code()
		}
		e.Err = kafka.NewError(code, e.Reason, false)
	}
	return e
}

// reset is where a consumer begins if nothing is committed; invalid where that is an error.
func (c *Config) reset() kafka.Offset {
	switch c.Settings.Reset() {
	case kafkaconfig.Earliest:
		return kafka.OffsetBeginning
	case kafkaconfig.Latest:
		return kafka.OffsetEnd
	}
	return kafka.OffsetInvalid
}
