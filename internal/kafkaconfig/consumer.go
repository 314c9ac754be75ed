package kafkaconfig

import (
	"errors"
	"maps"
	"strconv"
	"strings"
	"time"
)

// Consumer are the settings of a consumer.
type Consumer struct {
	Settings
	Group string
	// CommitInterval is auto.commit.interval.ms. The runtime commits by itself, with explicit
	// positions; the client does not.
	CommitInterval time.Duration
	// Static: group.instance.id is set (KIP-345).
	Static bool
}

const (
	defaultCommitInterval = 5 * time.Second
	maxCommitInterval     = 24 * time.Hour // as librdkafka's
)

// ForConsumer adds what a Consumer promises to a copy of the settings, and refuses what
// contradicts it.
func (s Settings) ForConsumer() (Consumer, error) {
	s = maps.Clone(s)
	if err := s.checkConsumer(); err != nil {
		return Consumer{}, err
	}
	s.defaultTo("read_committed", "isolation.level")
	s.defaultTo("100", "fetch.wait.max.ms")                    // a partition that was paused waits for it
	s.defaultTo("10000", "topic.metadata.refresh.interval.ms") // a topic that is created later waits for it, 5 minutes by default
	if err := s.assignor(); err != nil {
		return Consumer{}, err
	}
	err := errors.Join(
		s.must("a Consumer stores an offset when its record is handled; leave it out or set it to false", []string{"false", "f", "0"}, "enable.auto.offset.store"),
		s.must("a Consumer commits what was handled; auto.commit.interval.ms says how often", []string{"true", "t", "1"}, "enable.auto.commit"),
	)
	if err != nil {
		return Consumer{}, err
	}
	interval, err := s.commitInterval()
	if err != nil {
		return Consumer{}, err
	}
	// The engine says when; librdkafka commits soon after, unless the group rebalances.
	s["auto.commit.interval.ms"] = "100"
	s["enable.auto.commit"], s["enable.auto.offset.store"] = "true", "false"
	s["enable.partition.eof"] = "true"
	return Consumer{Settings: s, Group: s["group.id"], CommitInterval: interval, Static: s["group.instance.id"] != ""}, nil
}

func (s Settings) checkConsumer() error {
	if _, set := s["enable.partition.eof"]; set {
		return refuse("enable.partition.eof", "concord sets it; leave it out")
	}
	if _, _, ok := s.first("group.id"); !ok {
		return refuse("group.id", "required: the consumer group under which offsets are committed")
	}
	if _, _, ok := s.first("auto.offset.reset"); !ok {
		return refuse("auto.offset.reset", "required, because it decides what a new group reads: earliest for all records, latest for those to come, error to stop")
	}
	return nil
}

// assignor sets the default of the classic protocol, and refuses its settings where the
// broker assigns partitions (KIP-848).
func (s Settings) assignor() error {
	if !s.is("group.protocol", "consumer") {
		s.defaultTo("cooperative-sticky", "partition.assignment.strategy")
		return nil
	}
	for _, name := range []string{"partition.assignment.strategy", "session.timeout.ms", "heartbeat.interval.ms", "group.protocol.type"} {
		if _, set := s[name]; set {
			return refuse(name, "with group.protocol=consumer the broker decides it (KIP-848); leave it out, or set group.remote.assignor for the assignor")
		}
	}
	return nil
}

func (s Settings) commitInterval() (time.Duration, error) {
	const name = "auto.commit.interval.ms"
	v, set := s[name]
	if !set {
		return defaultCommitInterval, nil
	}
	ms, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
	if err != nil || ms < 1 || ms > maxCommitInterval.Milliseconds() {
		return 0, refuse(name, "want milliseconds from 1 to 86400000; commits cannot be turned off")
	}
	return time.Duration(ms) * time.Millisecond, nil
}
