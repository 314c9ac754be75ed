//go:build cgo

package concord

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

// settings are librdkafka's, by name, each as librdkafka reads it.
type settings map[string]string

// readSettings copies the caller's map, which is never written to. It refuses
// what would make the kafka package panic or lose our reports.
func readSettings(config *kafka.ConfigMap) (settings, error) {
	if config == nil {
		return nil, &ConfigError{Reason: "the kafka.ConfigMap is nil"}
	}
	s := make(settings, len(*config)+8)
	for _, name := range slices.Sorted(maps.Keys(*config)) {
		switch {
		case strings.HasPrefix(name, "go."):
			return nil, refuse(name, "channels belong to concord; leave it out")
		case name == "default.topic.config" || strings.HasPrefix(name, "{topic}."):
			return nil, refuse(name, "put topic settings on the top level, under their own names")
		}
		switch v := (*config)[name].(type) {
		case string:
			s[name] = v
		case bool:
			s[name] = strconv.FormatBool(v)
		case int:
			s[name] = strconv.Itoa(v)
		case kafka.ConfigMap:
			return nil, refuse(name, "a map has no place here")
		case fmt.Stringer:
			s[name] = v.String()
		default:
			return nil, refuse(name, fmt.Sprintf("a %T; want a string, int or bool", v))
		}
	}
	if _, _, ok := s.first("bootstrap.servers", "metadata.broker.list"); !ok {
		return nil, refuse("bootstrap.servers", `required: the brokers to ask first, as "host:port,host:port"`)
	}
	if name, v, _ := s.first("bootstrap.servers", "metadata.broker.list"); strings.Contains(v, "@") {
		return nil, refuse(name, "credentials do not belong here, and would be logged; give them as sasl.username and sasl.password")
	}
	s.defaultTo("false", "enable.metrics.push")
	return s, nil
}

func refuse(setting, reason string) *ConfigError {
	return &ConfigError{Setting: setting, Reason: reason}
}

// first is the first of a setting's names that is set to anything.
func (s settings) first(names ...string) (name, value string, ok bool) {
	for _, name := range names {
		if v := strings.TrimSpace(s[name]); v != "" {
			return name, v, true
		}
	}
	return "", "", false
}

// defaultTo sets names[0] if the setting stands under none of its names.
func (s settings) defaultTo(value string, names ...string) {
	for _, name := range names {
		if _, set := s[name]; set {
			return
		}
	}
	s[names[0]] = value
}

// must sets names[0] to want[0], and refuses any value that is not in want.
func (s settings) must(reason string, want []string, names ...string) error {
	for _, name := range names {
		if v, set := s[name]; set && !slices.Contains(want, strings.ToLower(strings.TrimSpace(v))) {
			return refuse(name, reason)
		}
	}
	s.defaultTo(want[0], names...)
	return nil
}

// forProducer adds what [Producer] promises to the settings.
func (s settings) forProducer() error {
	if _, set := s["transactional.id"]; set {
		return refuse("transactional.id", "leave it out, and make the producer with concord.WithTransactionalID")
	}
	s.defaultTo("lz4", "compression.type", "compression.codec")
	s.defaultTo("5", "linger.ms", "queue.buffering.max.ms")
	s.defaultTo("murmur2_random", "partitioner")
	return errors.Join(
		s.must("a Producer waits for all in-sync replicas; leave it out or set it to all", []string{"all", "-1"}, "acks", "request.required.acks"),
		s.must("a Producer is idempotent; leave it out or set it to true", []string{"true", "t", "1"}, "enable.idempotence"),
		s.must("a Producer needs every delivery report; leave it out", []string{"false", "f", "0"}, "delivery.report.only.error"),
	)
}

// forConsumer adds what [Consumer] promises to the settings.
func (s settings) forConsumer() error {
	if _, set := s["enable.partition.eof"]; set {
		return refuse("enable.partition.eof", "concord.WithStopAtEnd sets it; leave it out")
	}
	if _, _, ok := s.first("group.id"); !ok {
		return refuse("group.id", "required: the consumer group under which offsets are committed")
	}
	if _, _, ok := s.first("auto.offset.reset"); !ok {
		return refuse("auto.offset.reset", "required, because it decides what a new group reads: earliest for all records, latest for those to come, error to stop")
	}
	s.defaultTo("read_committed", "isolation.level")
	s.defaultTo("100", "fetch.wait.max.ms") // a partition that was paused waits for it
	if !strings.EqualFold(strings.TrimSpace(s["group.protocol"]), "consumer") {
		s.defaultTo("cooperative-sticky", "partition.assignment.strategy")
	} else {
		for _, name := range []string{"partition.assignment.strategy", "session.timeout.ms", "heartbeat.interval.ms", "group.protocol.type"} {
			if _, set := s[name]; set {
				return refuse(name, "with group.protocol=consumer the broker decides it (KIP-848); leave it out, or set group.remote.assignor for the assignor")
			}
		}
	}
	return errors.Join(
		s.must("a Consumer stores an offset when its record is handled; leave it out or set it to false", []string{"false", "f", "0"}, "enable.auto.offset.store"),
		s.must("a Consumer commits what was handled; auto.commit.interval.ms says how often", []string{"true", "t", "1"}, "enable.auto.commit"),
	)
}

// reset is where a consumer begins if nothing is committed; invalid where that is an error.
func (s settings) reset() kafka.Offset {
	switch strings.ToLower(strings.TrimSpace(s["auto.offset.reset"])) {
	case "smallest", "earliest", "beginning":
		return kafka.OffsetBeginning
	case "largest", "latest", "end":
		return kafka.OffsetEnd
	}
	return kafka.OffsetInvalid
}

// lingers reports whether messages may wait long enough for a flush to hurry them.
func (s settings) lingers() bool {
	_, v, ok := s.first("linger.ms", "queue.buffering.max.ms")
	ms, err := strconv.ParseFloat(v, 64)
	return ok && (err != nil || ms > 20)
}

// configMap is what the kafka package takes: our settings and its own.
func (s settings) configMap(extra kafka.ConfigMap) *kafka.ConfigMap {
	m := make(kafka.ConfigMap, len(s)+len(extra))
	for name, v := range s {
		m[name] = v
	}
	maps.Copy(m, extra)
	return &m
}

// refused makes a [ConfigError] of what librdkafka says. Its texts quote values,
// cut off at a length, so a text with even the beginning of a secret is withheld.
func (s settings) refused(err error) *ConfigError {
	e := &ConfigError{Reason: err.Error(), Err: err}
	for name := range s {
		if strings.Contains(e.Reason, `"`+name+`"`) && len(name) > len(e.Setting) {
			e.Setting = name
		}
	}
	for name, v := range s {
		if v == "" || !secret(name) {
			continue
		}
		if strings.Contains(e.Reason, v[:min(len(v), 4)]) {
			e.Reason = "refused by librdkafka, whose words are withheld because a secret may be among them"
			code := kafka.ErrInvalidArg
			if kerr, ok := errors.AsType[kafka.Error](err); ok {
				code = kerr.Code()
			}
			e.Err = kafka.NewError(code, e.Reason, false)
			break
		}
	}
	return e
}

// log says once what a client runs with, but for what may be a secret.
func (s settings) log(to *slog.Logger, what string) {
	if !to.Enabled(context.Background(), slog.LevelInfo) {
		return
	}
	attrs := make([]any, 0, len(s))
	for _, name := range slices.Sorted(maps.Keys(s)) {
		v := s[name]
		if secret(name) || strings.Contains(v, "://") && strings.Contains(v, "@") { // a URL's user and password
			v = "[redacted]"
		}
		attrs = append(attrs, slog.String(name, v))
	}
	to.LogAttrs(context.Background(), slog.LevelInfo, what, slog.Group("settings", attrs...))
}

// secret reports whether a setting's value may be a credential or hold one.
func secret(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"pass", "secret", "token", "jaas", "pem", "credential", "assertion", "oauthbearer.config", "ssl.key", "ssl.keystore", "basic.auth"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// validTopic refuses names that no broker would have, before librdkafka makes
// the kafka package panic on them.
func validTopic(topic string) error {
	if topic == "" || len(topic) > 249 || topic == "." || topic == ".." {
		return errors.New("not a topic name: want 1 to 249 letters, digits, dots, underscores or hyphens")
	}
	for i := range len(topic) {
		c := topic[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-' {
			continue
		}
		return errors.New("not a topic name: want 1 to 249 letters, digits, dots, underscores or hyphens")
	}
	return nil
}
