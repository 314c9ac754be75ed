package kafkaconfig

import (
	"errors"
	"maps"
	"strconv"
)

// Producer are the settings of a producer.
type Producer struct {
	Settings
	// Lingers: messages may wait so long for their batch to fill that a flush should hurry them.
	Lingers bool
}

// lingerMost is the linger.ms, in milliseconds, up to which a flush just waits.
const lingerMost = 20

// ForProducer adds what a Producer promises to a copy of the settings, and refuses what
// contradicts it.
func (s Settings) ForProducer(transactionalID string, transactional bool) (Producer, error) {
	s = maps.Clone(s)
	if _, set := s["transactional.id"]; set {
		return Producer{}, refuse("transactional.id", "leave it out, and make the producer with concord.WithTransactionalID")
	}
	if transactional {
		if transactionalID == "" {
			return Producer{}, refuse("transactional.id", "WithTransactionalID needs an id")
		}
		s["transactional.id"] = transactionalID
	}
	s.defaultTo("lz4", "compression.type", "compression.codec")
	s.defaultTo("5", "linger.ms", "queue.buffering.max.ms")
	s.defaultTo("murmur2_random", "partitioner")
	err := errors.Join(
		s.must("a Producer waits for all in-sync replicas; leave it out or set it to all", []string{"all", "-1"}, "acks", "request.required.acks"),
		s.must("a Producer is idempotent; leave it out or set it to true", []string{"true", "t", "1"}, "enable.idempotence"),
		s.must("a Producer needs every delivery report; leave it out", []string{"false", "f", "0"}, "delivery.report.only.error"),
	)
	if err != nil {
		return Producer{}, err
	}
	return Producer{Settings: s, Lingers: s.lingers()}, nil
}

func (s Settings) lingers() bool {
	_, v, ok := s.first("linger.ms", "queue.buffering.max.ms")
	ms, err := strconv.ParseFloat(v, 64)
	return ok && (err != nil || ms > lingerMost)
}
