//go:build cgo

package monitoring_test

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/registry"
)

// bad has faults, and the alerts that must fire in each. Further alerts may fire.
var bad = map[string]struct {
	alerts []string
	// wrong is called once, and the function that it returns each minute after that.
	wrong func(s *stage) (each func())
}{
	"some records are bad": {[]string{"ConcordDeadLetters"}, func(s *stage) func() {
		handler := func(m *message) error {
			if m.Value.Number%500 == 0 {
				return concord.Permanent(errors.New("refused"))
			}
			return nil
		}
		s.handler.Store(&handler)
		return func() { s.produce(500) }
	}},
	"most records are bad": {[]string{"ConcordDeadLetters", "ConcordManyDeadLetters"}, func(s *stage) func() {
		handler := func(m *message) error { return concord.Permanent(errors.New("refused")) }
		s.handler.Store(&handler)
		return nil
	}},
	"a dead-letter limit is passed": {[]string{"ConcordDeadLetterLimit"}, func(s *stage) func() {
		handler := func(*message) error { return concord.Permanent(errors.New("refused")) }
		s.handler.Store(&handler)
		return func() { s.produce(limitRecords) }
	}},
	"a consumer ends": {[]string{"ConcordNotReady"}, func(s *stage) func() {
		s.stop()
		return nil
	}},
	"a batch is corrupt": {[]string{"ConcordCorruptBatches", "ConcordNotReady"}, func(s *stage) func() {
		s.onRequest.Store(&corrupting)
		s.produce(1)
		s.await("a corrupt batch", func() bool { return s.consumer.Stats().Corrupt > 0 })
		return nil
	}},
	"a handler fails after its run": {[]string{"ConcordLateFailures"}, func(s *stage) func() {
		release, stuck := s.stuckHandler()
		s.produce(1)
		<-stuck
		s.stop()
		<-s.stopped
		release()
		s.await("a late failure", func() bool { return s.consumer.Stats().Late > 0 })
		return nil
	}},
	"a handler ignores its context": {[]string{"ConcordEarlierHandler"}, func(s *stage) func() {
		_, stuck := s.stuckHandler()
		s.produce(1)
		<-stuck
		s.onRequest.Store(&refuseHeartbeats)
		s.await("partitions to be lost", func() bool { return s.consumer.Stats().Lost > 0 })
		s.onRequest.Store(nil)
		s.await("partitions to come back", func() bool { return s.consumer.Stats().Paused[concord.EarlierHandler] > 0 })
		return nil
	}},
	"a handler hangs": {[]string{"ConcordLag", "ConcordStalled"}, func(s *stage) func() {
		handler := func(m *message) error {
			<-s.ctx.Done()
			return nil
		}
		s.handler.Store(&handler)
		s.produce(12_000)
		time.Sleep(1200 * time.Millisecond) // lag is read once a second
		return nil
	}},
	"the registry is unavailable while new schemas arrive": {[]string{"ConcordPartitionsPaused", "ConcordRegistryUnreachable"}, func(s *stage) func() {
		other := must(registry.NewClient(s.registry.URL()))(s.t) // the consumer does not share its cache
		defer other.Close(s.ctx)
		v := must(other.Register(s.ctx, "s", registry.Schema{Text: `{"type":"record","name":"event","fields":[{"name":"number","type":"long"},{"name":"more","type":"long","default":0}]}`}))(s.t)
		s.registry.Close(s.ctx)
		s.produceRaw([]byte{0, byte(v.ID >> 24), byte(v.ID >> 16), byte(v.ID >> 8), byte(v.ID), 2, 0})
		return func() { time.Sleep(60 * time.Millisecond) }
	}},
	"requests to the registry fail": {[]string{"ConcordRegistryRequestsFail"}, func(s *stage) func() {
		return func() {
			for range 3 {
				_, _ = s.client.Version(s.ctx, registry.Subject(fmt.Sprint("missing", time.Now().UnixNano())), 1)
			}
		}
	}},
	"the group moves on without its member": {[]string{"ConcordPartitionsLost"}, func(s *stage) func() {
		s.onRequest.Store(&refuseHeartbeats)
		return func() { time.Sleep(100 * time.Millisecond) }
	}},
	"offsets cannot be committed": {[]string{"ConcordCommitsFail"}, func(s *stage) func() {
		refuse := func(r kmsg.Request) (kmsg.Response, error, bool) {
			c, ok := r.(*kmsg.OffsetCommitRequest)
			if !ok || c.Group != "g" {
				return nil, nil, false
			}
			resp := c.ResponseKind().(*kmsg.OffsetCommitResponse)
			for _, topic := range c.Topics {
				rt := kmsg.NewOffsetCommitResponseTopic()
				rt.Topic, rt.TopicID = topic.Topic, topic.TopicID
				for _, p := range topic.Partitions {
					rp := kmsg.NewOffsetCommitResponseTopicPartition()
					rp.Partition, rp.ErrorCode = p.Partition, kerr.GroupAuthorizationFailed.Code
					rt.Partitions = append(rt.Partitions, rp)
				}
				resp.Topics = append(resp.Topics, rt)
			}
			return resp, nil, true
		}
		s.onRequest.Store(&refuse)
		return func() { time.Sleep(60 * time.Millisecond) }
	}},
	"transactions fail": {[]string{"ConcordTransactionsAborted"}, func(s *stage) func() {
		n := 0
		refuse := func(r kmsg.Request) (kmsg.Response, error, bool) {
			c, ok := r.(*kmsg.TxnOffsetCommitRequest)
			if n++; !ok || n%2 == 0 {
				return nil, nil, false
			}
			resp := c.ResponseKind().(*kmsg.TxnOffsetCommitResponse)
			for _, topic := range c.Topics {
				rt := kmsg.NewTxnOffsetCommitResponseTopic()
				rt.Topic = topic.Topic
				for _, p := range topic.Partitions {
					rp := kmsg.NewTxnOffsetCommitResponseTopicPartition()
					rp.Partition, rp.ErrorCode = p.Partition, kerr.IllegalGeneration.Code
					rt.Partitions = append(rt.Partitions, rp)
				}
				resp.Topics = append(resp.Topics, rt)
			}
			return resp, nil, true
		}
		s.onRequest.Store(&refuse)
		return func() { time.Sleep(300 * time.Millisecond) }
	}},
	"brokers do not take messages": {[]string{"ConcordDeliveriesFail"}, func(s *stage) func() {
		refuse := func(r kmsg.Request) (kmsg.Response, error, bool) {
			_, ok := r.(*kmsg.ProduceRequest)
			return nil, errors.New("the broker is unavailable"), ok
		}
		s.onRequest.Store(&refuse)
		return func() { time.Sleep(150 * time.Millisecond) }
	}},
	"the registry's disk fails": {[]string{"SchemaRegistryErrors"}, func(s *stage) func() {
		s.registry.Engine().Close() // as after a write that failed: it acknowledges nothing more
		return func() { s.request("POST", "/subjects/x/versions", strings.NewReader(`{"schema":"\"string\""}`)) }
	}},
	"the registry is slow": {[]string{"SchemaRegistrySlow"}, func(s *stage) func() {
		return func() {
			done := make(chan struct{})
			for range 3 { // bodies that come slowly
				go func() {
					body, w := io.Pipe()
					go func() {
						time.Sleep(700 * time.Millisecond)
						io.WriteString(w, `{"schema":"\"string\""}`)
						w.Close()
					}()
					s.request("POST", "/subjects/x/versions", body)
					done <- struct{}{}
				}()
			}
			for range 3 {
				<-done
			}
		}
	}},
	"a schema would break others": {[]string{"SchemaIncompatible"}, func(s *stage) func() {
		if err := s.register(`{"type":"record","name":"R","fields":[]}`); err != nil {
			s.t.Fatal(err)
		}
		return func() {
			if err := s.register(`{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}`); err == nil {
				s.t.Error("the schema was registered")
			}
		}
	}},
	"a schema is deleted for good": {[]string{"SchemaIDGap"}, func(s *stage) func() {
		for _, text := range []string{`"int"`, `"string"`} {
			if _, err := s.client.Register(s.ctx, registry.Subject("of-"+text[1:4]), registry.Schema{Text: text}); err != nil {
				s.t.Fatal(err)
			}
		}
		s.request("DELETE", "/subjects/of-int", nil)
		s.request("DELETE", "/subjects/of-int?permanent=true", nil)
		return nil
	}},
}

// limitRecords is the number of records after which the dead-letter limit of a stage takes effect.
const limitRecords = 50

// limited has a consumer pause when most of its records are dead-lettered.
var limited = []concord.DeadLetterOption{concord.WithDeadLetterLimit(0.9, limitRecords), concord.WithDeadLetterPause(50 * time.Millisecond)}

type control = func(kmsg.Request) (kmsg.Response, error, bool)

// refuseHeartbeats removes the consumer from its group.
var refuseHeartbeats control = func(r kmsg.Request) (kmsg.Response, error, bool) {
	h, ok := r.(*kmsg.HeartbeatRequest)
	if !ok || h.Group != "g" {
		return nil, nil, false
	}
	resp := h.ResponseKind().(*kmsg.HeartbeatResponse)
	resp.ErrorCode = kerr.UnknownMemberID.Code
	return resp, nil, true
}

// corrupting makes the batches that are produced to the topic "in" unreadable: they claim to be compressed.
var corrupting control = func(r kmsg.Request) (kmsg.Response, error, bool) {
	p, ok := r.(*kmsg.ProduceRequest)
	if !ok {
		return nil, nil, false
	}
	for i := range p.Topics {
		for j := range p.Topics[i].Partitions {
			part := &p.Topics[i].Partitions[j]
			var b kmsg.RecordBatch
			if b.ReadFrom(part.Records) != nil || b.Attributes&0x10 != 0 { // transactional: of the transformer
				continue
			}
			b.Attributes, b.Records = b.Attributes&^7|1, []byte("not gzip")
			b.Length = int32(len(b.AppendTo(nil)) - 12)
			b.CRC = int32(crc32.Checksum(b.AppendTo(nil)[21:], crc32.MakeTable(crc32.Castagnoli)))
			part.Records = b.AppendTo(nil)
		}
	}
	return nil, nil, false
}

// stuckHandler has handlers ignore their contexts until release is called, and fail then. stuck is closed when
// the first one is called.
func (s *stage) stuckHandler() (release func(), stuck <-chan struct{}) {
	called, released := make(chan struct{}), make(chan struct{})
	var first, last sync.Once
	release = func() { last.Do(func() { close(released) }) }
	s.t.Cleanup(release)
	handler := func(*message) error {
		first.Do(func() { close(called) })
		<-released
		return errors.New("too late")
	}
	s.handler.Store(&handler)
	return release, called
}

// request sends a request to the registry, for its metrics.
func (s *stage) request(method, path string, body io.Reader) {
	req := must(http.NewRequestWithContext(s.ctx, method, s.registry.URL()+path, body))(s.t)
	if body != nil {
		req.Header.Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	}
	resp := must(http.DefaultClient.Do(req))(s.t)
	resp.Body.Close()
}

const goodMinutes, badMinutes = 12, 22

func TestNoAlertFiresWithoutAFault(t *testing.T) {
	t.Parallel()
	s, e := newStage(t), newEngine(t)
	for range goodMinutes + badMinutes {
		s.work()
		time.Sleep(20 * time.Millisecond)
		e.minute(s.scrape())
	}
	if got := e.firing(); len(got) != 0 {
		t.Errorf("these fire: %v", got)
	}
}

func TestEachAlertFiresInItsFault(t *testing.T) {
	t.Parallel()
	var covered []string
	for name, c := range bad {
		covered = append(covered, c.alerts...)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, e := newStage(t, limited...), newEngine(t)
			for range goodMinutes {
				s.work()
				time.Sleep(20 * time.Millisecond)
				e.minute(s.scrape())
			}
			if got := e.firing(); len(got) != 0 {
				t.Fatalf("before the fault these fire: %v", got)
			}
			each := c.wrong(s)
			fired := make(map[string]bool)
			for range badMinutes {
				s.work()
				if each != nil {
					each()
				}
				time.Sleep(20 * time.Millisecond)
				e.minute(s.scrape())
				for _, alert := range e.firing() {
					fired[alert] = true
				}
			}
			for _, want := range c.alerts {
				if !fired[want] {
					t.Errorf("%s does not fire; %v do", want, fired)
				}
			}
		})
	}
	slices.Sort(covered)
	if want := newEngine(t).alerts(); !slices.Equal(want, slices.Compact(covered)) {
		t.Errorf("tested are %v, of %v", slices.Compact(covered), want)
	}
}

func (s *stage) produceRaw(value []byte) {
	raw := must(concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": s.cluster.ListenAddrs()[0]}, concord.String(), concord.Bytes(), quiet))(s.t)
	defer raw.Close(s.ctx)
	if _, err := raw.Produce(s.ctx, concord.Message[string, []byte]{Topic: "in", Key: "raw", Value: value}); err != nil {
		s.t.Fatal(err)
	}
}
