//go:build cgo

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/registry"
)

// rawMessage is a record as bytes.
type rawMessage = concord.Message[[]byte, []byte]

// poisons makes records that cannot be read from records that can.
type poisons struct {
	names []string
	makes []func(good rawMessage) rawMessage
}

func (p *poisons) add(name string, make func(rawMessage) rawMessage) {
	p.names, p.makes = append(p.names, name), append(p.makes, make)
}

// value adds a kind that differs in its value.
func (p *poisons) value(name string, make func(good []byte) []byte) {
	p.add(name, func(m rawMessage) rawMessage { m.Value = make(bytes.Clone(m.Value)); return m })
}

func newPoisons(own, other, json registry.SchemaID) *poisons {
	p := &poisons{}
	p.value("an empty value", func([]byte) []byte { return []byte{} })
	p.value("one byte", func([]byte) []byte { return []byte{0} })
	p.value("another magic byte", func(v []byte) []byte { v[0] = 7; return v })
	p.value("text", func([]byte) []byte { return []byte(`{"number":1}`) })
	p.value("half a frame", func(v []byte) []byte { return v[:3] })
	p.value("a frame alone", func(v []byte) []byte { return v[:5] })
	withID := func(id uint32) func([]byte) []byte {
		return func(v []byte) []byte { binary.BigEndian.PutUint32(v[1:], id); return v }
	}
	p.value("schema id 0", withID(0))
	p.value("a negative schema id", withID(1<<32-5))
	p.value("an unknown schema", withID(1<<31-7))
	p.value("a schema of another language", withID(uint32(json)))
	p.value("the schema of another record", withID(uint32(other)))
	p.value("half a payload", func(v []byte) []byte { return v[:5+(len(v)-5)/2] })
	p.value("a byte too many", func(v []byte) []byte { return append(v, 0) })
	frame := binary.BigEndian.AppendUint32([]byte{0}, uint32(own))
	payload := func(b ...byte) func([]byte) []byte {
		return func([]byte) []byte { return append(bytes.Clone(frame), b...) }
	}
	p.value("a string of 2^62 bytes", payload(2, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01))
	p.value("a string of negative length", payload(2, 3))
	p.value("a number of eleven bytes", payload(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0))
	p.value("text that is not UTF-8", payload(2, 4, 0xff, 0xfe))
	header := func(value []byte) func(rawMessage) rawMessage {
		return func(m rawMessage) rawMessage {
			m.Headers = append(m.Headers[:len(m.Headers):len(m.Headers)], concord.Header{Key: "__value_schema_id", Value: value})
			m.Value = bytes.Clone(m.Value[5:])
			return m
		}
	}
	p.add("a header with half a GUID", header([]byte{1, 2, 3, 4, 5, 6, 7, 8}))
	p.add("a header that is empty", header([]byte{}))
	p.add("an unknown GUID", header(append([]byte{1}, bytes.Repeat([]byte{9}, 16)...)))
	p.add("a key that is too short", func(m rawMessage) rawMessage { m.Key = m.Key[:3]; return m })
	p.add("a key that is too long", func(m rawMessage) rawMessage {
		m.Key = append(bytes.Clone(m.Key), 1)
		return m
	})
	p.add("an event that the handler refuses for good", func(m rawMessage) rawMessage {
		m.Headers = append(m.Headers[:len(m.Headers):len(m.Headers)], concord.Header{Key: "refuse", Value: []byte{1}})
		return m
	})
	return p
}

// poison mixes unreadable records with good ones, and consumes them with dead letters in each of the
// header profiles.
func poison(ctx context.Context, s *soak) error {
	w, err := s.newWorld(ctx, "in", "dead0", "dead1", "dead2")
	if err != nil {
		return err
	}
	defer w.end()
	client, err := w.client()
	if err != nil {
		return err
	}
	defer client.Close(context.WithoutCancel(ctx))
	good, bad := size(s, 100_000, 3000), size(s, 1000, 115)
	sent, kinds, err := sendPoison(ctx, w, client, good, bad)
	if err != nil {
		return err
	}
	for profile := range 3 {
		if err := readPoison(ctx, s, w, client, concord.DeadLetterProfile(profile), sent, good); err != nil {
			return fmt.Errorf("profile %d: %w", profile, err)
		}
	}
	s.printf("%d good records, %d of %d kinds that cannot be read, in three profiles: exactly those were dead-lettered, byte for byte, and the others were handled in order", good, len(sent), kinds)
	return nil
}

// sendPoison returns the unreadable records by their positions.
func sendPoison(ctx context.Context, w *world, client *registry.Client, good, bad int) (sent map[concord.Origin]rawMessage, kinds int, err error) {
	own, err := avro.SchemaFor[event]()
	if err != nil {
		return nil, 0, err
	}
	var ids [3]registry.SchemaID
	for i, schema := range []registry.Schema{
		{Text: own.String()},
		{Text: `{"type":"record","name":"Other","fields":[{"name":"a","type":"string"}]}`},
		{Type: registry.JSON, Text: `{"type":"object"}`},
	} {
		r, err := client.Register(ctx, registry.Subject(fmt.Sprintf("%s-%d", w.topic("in"), i)), schema)
		if err != nil {
			return nil, 0, err
		}
		ids[i] = r.ID
	}
	p := newPoisons(ids[0], ids[1], ids[2])
	encoder, err := avro.NewEncoder[event](own)
	if err != nil {
		return nil, 0, err
	}
	raw, err := w.newRaw()
	if err != nil {
		return nil, 0, err
	}
	isBad := make([]bool, good+bad)
	for i := range bad {
		isBad[i] = true
	}
	rand.Shuffle(len(isBad), func(i, j int) { isBad[i], isBad[j] = isBad[j], isBad[i] })
	sent = make(map[concord.Origin]rawMessage)
	began := time.Now().Truncate(time.Millisecond).Add(-time.Hour)
	var mu sync.Mutex
	var failed error
	number, kind := int64(0), 0
	for i, bad := range isBad {
		value, err := encoder.AppendEncode(binary.BigEndian.AppendUint32([]byte{0}, uint32(ids[0])), event{number, text})
		if err != nil {
			return nil, 0, err
		}
		partition := int32(i % partitions)
		m := rawMessage{
			Topic: w.topic("in"), Key: binary.BigEndian.AppendUint64(nil, uint64(i)), Value: value, ToPartition: &partition, Timestamp: began.Add(time.Duration(i) * time.Millisecond),
			Headers: []concord.Header{{Key: "traceparent", Value: []byte("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")}, {Key: "null"}, {Key: "null", Value: []byte{}}},
		}
		if !bad {
			number++
		} else {
			m = p.makes[kind%len(p.makes)](m)
			kind++
		}
		err = raw.ProduceAsync(ctx, m, func(d concord.Delivery, err error) {
			mu.Lock()
			defer mu.Unlock()
			if failed = errors.Join(failed, err); bad {
				sent[concord.Origin{Topic: d.Topic, Partition: d.Partition, Offset: d.Offset}] = m
			}
		})
		if err != nil {
			return nil, 0, err
		}
	}
	return sent, min(kind, len(p.makes)), errors.Join(raw.Flush(ctx), failed)
}

// readPoison consumes all records with dead letters in a profile, and compares.
func readPoison(ctx context.Context, s *soak, w *world, client *registry.Client, profile concord.DeadLetterProfile, sent map[concord.Origin]rawMessage, good int) error {
	raw, err := w.newRaw()
	if err != nil {
		return err
	}
	dead := w.topic(fmt.Sprint("dead", profile))
	group := fmt.Sprint("g", profile)
	c, err := newConsumer(client, w.group(group), concord.WithStopAtEnd(), concord.WithDeadLetters(raw, concord.DeadLetterTopic(dead), profile))
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	l := newLedger(good)
	last := make(map[int32]int64)
	var mu sync.Mutex
	err = c.Run(ctx, []string{w.topic("in")}, func(_ context.Context, m *message) error {
		for _, h := range m.Headers {
			if h.Key == "refuse" {
				return concord.Permanent(errors.New("refused"))
			}
		}
		mu.Lock()
		defer mu.Unlock()
		if before, ok := last[m.Partition]; ok && m.Value.Number <= before {
			return fmt.Errorf("%d is handled after %d", m.Value.Number, before)
		}
		last[m.Partition] = m.Value.Number
		return l.add(m.Value.Number)
	})
	if err != nil {
		return err
	}
	if l.lost() > 0 || l.again() > 0 {
		return fmt.Errorf("%d good records lost, %d handled again", l.lost(), l.again())
	}
	letters, err := concord.NewConsumer(w.group("letters"+group), concord.Bytes(), concord.Bytes(), quiet, concord.WithStopAtEnd())
	if err != nil {
		return err
	}
	defer letters.Close(context.WithoutCancel(ctx))
	found := make(map[concord.Origin]bool)
	for m, err := range letters.Messages(ctx, dead) {
		if err != nil {
			return err
		}
		d, ok := concord.ParseDeadLetter(m.Headers)
		from, own := d.Origin, d.Headers
		if from.Group != w.topic(group) {
			return fmt.Errorf("a dead letter of the group %q", from.Group)
		}
		from.Group = ""
		want, known := sent[from]
		if !ok || !known || found[from] {
			return fmt.Errorf("an unexpected dead letter from %+v", from)
		}
		found[from] = true
		if m.Partition != from.Partition {
			return fmt.Errorf("the dead letter of partition %d is in %d", from.Partition, m.Partition)
		}
		if !bytes.Equal(m.Key, want.Key) || !bytes.Equal(m.Value, want.Value) || (m.Value == nil) != (want.Value == nil) || !m.Timestamp.Equal(want.Timestamp) || !sameHeaders(own, want.Headers) {
			return fmt.Errorf("the dead letter from %+v is not the record as it was", from)
		}
	}
	if len(found) != len(sent) {
		return fmt.Errorf("%d dead letters for %d records that cannot be read", len(found), len(sent))
	}
	return nil
}

func sameHeaders(a, b []concord.Header) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Key != b[i].Key || !bytes.Equal(a[i].Value, b[i].Value) || (a[i].Value == nil) != (b[i].Value == nil) {
			return false
		}
	}
	return true
}
