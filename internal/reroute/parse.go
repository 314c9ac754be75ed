package reroute

import (
	"encoding/binary"
	"math"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// DeadLettered is what the headers of a dead letter say.
type DeadLettered struct {
	Origin Origin
	// Own are the headers that the record came with; nil for none.
	Own []kafkaclient.Header
	// Replays is how often the record was replayed before; see [Replayed].
	Replays int
	// Dropped is what of the record is not in the dead letter; see [Reduce].
	Dropped Reduction
}

// ParseDeadLetter reads the headers of a dead letter in any of the profiles. ok is false
// where it is not one.
//
// An origin is a topic (a valid name), a partition and an offset (not negative), and
// perhaps a group, all of one profile; a header that comes a second time begins another
// origin. Where there are several, as in dead letters of dead letters that other tools
// made, the last one that is complete and valid counts. Values of two origins are never mixed.
func ParseDeadLetter(headers []kafkaclient.Header) (d DeadLettered, ok bool) {
	var p originParser
	own := 0
	for i := range headers {
		h := &headers[i]
		if !isEnvelopeHeader(h.Key) {
			own++
			continue
		}
		if profile, f := originField(h.Key); f != 0 {
			p.add(profile, f, h.Value, i)
		}
		d.Dropped = max(d.Dropped, droppedBy(h.Key))
	}
	if d.Origin, ok = p.finish(); !ok {
		return DeadLettered{}, false
	}
	if own > 0 {
		d.Own = appendExcept(make([]kafkaclient.Header, 0, own), headers, isEnvelopeHeader)
	}
	d.Replays = replays(d.Own)
	return d, true
}

// fields of an origin, as a set.
type fields uint8

const (
	topicField fields = 1 << iota
	partitionField
	offsetField
	groupField
	required = topicField | partitionField | offsetField
)

// originField says which field of an origin a header is; zero for any other.
func originField(key string) (Profile, fields) {
	switch key {
	case kafkaDLQ + "topic":
		return Kafka, topicField
	case kafkaDLQ + "partition":
		return Kafka, partitionField
	case kafkaDLQ + "offset":
		return Kafka, offsetField
	case kafkaDLQ + "group":
		return Kafka, groupField
	case springDLT + "original-topic":
		return Spring, topicField
	case springDLT + "original-partition":
		return Spring, partitionField
	case springDLT + "original-offset":
		return Spring, offsetField
	case springDLT + "original-consumer-group":
		return Spring, groupField
	case connectErrs + "topic":
		return Connect, topicField
	case connectErrs + "partition":
		return Connect, partitionField
	case connectErrs + "offset":
		return Connect, offsetField
	case connectErrs + "connector.name":
		return Connect, groupField
	}
	return 0, 0
}

// candidate is an origin that is being read. It keeps values of the headers until it is chosen.
type candidate struct {
	topic, group []byte
	partition    int32
	offset       int64
	seen, bad    fields
	at           int // the index of its last required header
}

func (c *candidate) valid() bool { return c.seen&required == required && c.bad == 0 }

// originParser reads origins of all profiles side by side.
type originParser struct {
	open [Connect + 1]candidate
	best candidate
}

func (p *originParser) add(profile Profile, f fields, value []byte, at int) {
	c := &p.open[profile]
	if c.seen&f != 0 {
		p.end(c)
	}
	c.seen |= f
	if !c.set(f, value, profile == Spring) {
		c.bad |= f
	}
	if f != groupField {
		c.at = at
	}
}

// end has the candidate compared with the best, and begins another one.
func (p *originParser) end(c *candidate) {
	if c.valid() && (!p.best.valid() || c.at > p.best.at) {
		p.best = *c
	}
	*c = candidate{}
}

func (p *originParser) finish() (Origin, bool) {
	for i := range p.open {
		p.end(&p.open[i])
	}
	b := &p.best
	if !b.valid() {
		return Origin{}, false
	}
	return Origin{Topic: string(b.topic), Partition: b.partition, Offset: b.offset, Group: string(boundedText(string(b.group)))}, true
}

// set reads the value of a field, and reports whether it is valid. Numbers are decimal text
// or, in binary, 4 and 8 bytes in big-endian order.
func (c *candidate) set(f fields, value []byte, binaryNumbers bool) (ok bool) {
	switch f {
	case topicField:
		c.topic = value
		return validTopic(value)
	case partitionField:
		if !binaryNumbers {
			n, ok := parseNumber(value, math.MaxInt32)
			c.partition = int32(n)
			return ok
		}
		if len(value) == 4 {
			c.partition = int32(binary.BigEndian.Uint32(value))
			return c.partition >= 0
		}
		return false
	case offsetField:
		if !binaryNumbers {
			c.offset, ok = parseNumber(value, math.MaxInt64)
			return ok
		}
		if len(value) == 8 {
			c.offset = int64(binary.BigEndian.Uint64(value))
			return c.offset >= 0
		}
		return false
	}
	c.group = value
	return true
}
