//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
	"github.com/concord-go/concord/serde"
)

// picky reads strings; those that begin with "poison" are truncated, and while unavailable is set
// the registry is not available.
type picky struct{ unavailable *atomic.Bool }

func (p picky) Deserialize(ctx context.Context, field serde.Field, data serde.Data, v *string) (serde.Info, error) {
	switch {
	case p.unavailable != nil && p.unavailable.Load():
		return serde.Info{}, serde.RegistryUnavailable
	case strings.HasPrefix(string(data.Bytes), "poison"):
		return serde.Info{SchemaID: 7}, serde.Truncated
	}
	return concord.String().Deserialize(ctx, field, data, v)
}

func pickyConsumer(t testing.TB, bootstrap string, unavailable *atomic.Bool, opts ...concord.ConsumerOption) *concord.Consumer[string, string] {
	t.Helper()
	c, err := concord.NewConsumer(&kafka.ConfigMap{
		"bootstrap.servers": bootstrap, "group.id": "g", "auto.offset.reset": "earliest", "heartbeat.interval.ms": 100, "session.timeout.ms": 3000,
	}, concord.String(), picky{unavailable}, append([]concord.ConsumerOption{quiet}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := c.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return c
}

func TestPoisonGoesToTheDeadLettersAndTheRestIsHandledInOrder(t *testing.T) {
	t.Parallel()
	for _, profile := range []concord.DeadLetterProfile{concord.KafkaProfile, concord.SpringProfile, concord.ConnectProfile} {
		t.Run(fmt.Sprint(profile), func(t *testing.T) {
			t.Parallel()
			_, bootstrap := newCluster(t, "t", "t.dead")
			const n, every = 900, 9
			p := newProducer(t, bootstrap, concord.String(), concord.String())
			for i := range n {
				m := texts{Topic: "t", Key: fmt.Sprint(i % 3), Value: fmt.Sprint(i), Headers: []concord.Header{{Key: "n", Value: []byte{byte(i)}}, {Key: "nil"}}, Timestamp: time.UnixMilli(1727260800000 + int64(i))}
				partition := int32(i % 3)
				m.ToPartition = &partition
				if i%every == 0 {
					m.Value = "poison " + m.Value
				}
				if err := p.ProduceAsync(testContext(t), m, nil); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.Flush(testContext(t)); err != nil {
				t.Fatal(err)
			}
			dead := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
			ctx, cancel := context.WithCancel(testContext(t))
			var mu sync.Mutex
			last, good := make(map[int32]int64), 0
			c := pickyConsumer(t, bootstrap, nil, concord.WithDeadLetters(dead, concord.DeadLetterTopic("t.dead"), profile))
			err := c.Run(ctx, []string{"t"}, func(_ context.Context, m *texts) error {
				mu.Lock()
				defer mu.Unlock()
				if before, ok := last[m.Partition]; ok && m.Offset <= before || strings.HasPrefix(m.Value, "poison") {
					t.Errorf("%q at %d, after %d", m.Value, m.Offset, before)
				}
				last[m.Partition] = m.Offset
				if good++; good == n-n/every {
					cancel()
				}
				return nil
			})
			if err != nil || good != n-n/every {
				t.Fatalf("%d good ones, %v", good, err)
			}
			reader := newConsumer(t, bootstrap, "dead", concord.String(), concord.String())
			letters := 0
			for m, err := range reader.Messages(testContext(t), "t.dead") {
				if err != nil {
					t.Fatal(err)
				}
				d, ok := concord.ParseDeadLetter(m.Headers)
				from, own := d.Origin, d.Headers
				var i int
				if _, err := fmt.Sscanf(m.Value, "poison %d", &i); err != nil || i%every != 0 {
					t.Fatalf("%q is dead", m.Value)
				}
				if !ok || from.Topic != "t" || from.Partition != m.Partition || from.Group != "g" || len(own) != 2 || own[0].Value[0] != byte(i) || own[1].Value != nil ||
					m.Key != fmt.Sprint(i%3) || m.Timestamp.UnixMilli() != 1727260800000+int64(i) || from.Partition != int32(i%3) || from.Offset != int64(i/3) {
					t.Fatalf("%+v, from %+v, %t, %v", m, from, ok, own)
				}
				if letters++; letters == n/every {
					break
				}
			}
		})
	}
}

func TestAnOutageLosesNothingAndBuriesNothing(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.dead")
	const n = 300
	fill(t, bootstrap, "t", n, 3)
	dead := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
	var unavailable atomic.Bool
	ctx, cancel := context.WithCancel(testContext(t))
	var count atomic.Int32
	seen := make([]atomic.Int32, n)
	c := pickyConsumer(t, bootstrap, &unavailable, concord.WithDeadLetters(dead, concord.DeadLetterTopic("t.dead")))
	err := c.Run(ctx, []string{"t"}, func(_ context.Context, m *texts) error {
		var i int
		if _, err := fmt.Sscan(m.Value, &i); err != nil {
			return err
		}
		seen[i].Add(1)
		switch count.Add(1) {
		case n / 3:
			unavailable.Store(true)
			time.AfterFunc(time.Second, func() { unavailable.Store(false) })
		case n:
			cancel()
		}
		return nil
	})
	if err != nil || count.Load() != n {
		t.Errorf("%d handled, %v", count.Load(), err)
	}
	for i := range seen {
		if seen[i].Load() != 1 {
			t.Errorf("%d came %d times", i, seen[i].Load())
		}
	}
	if low, high := watermarks(t, bootstrap, "t.dead"); high != low {
		t.Errorf("%d dead letters of an outage", high-low)
	}
}

// watermarks are the sums over a topic's partitions.
func watermarks(t testing.TB, bootstrap, topic string) (low, high int64) {
	t.Helper()
	kc, err := kafka.NewConsumer(&kafka.ConfigMap{"bootstrap.servers": bootstrap, "group.id": "watermarks"})
	if err != nil {
		t.Fatal(err)
	}
	defer kc.Close()
	for p := range int32(3) {
		l, h, err := kc.QueryWatermarkOffsets(topic, p, 5000)
		if err != nil {
			t.Fatal(err)
		}
		low, high = low+l, high+h
	}
	return low, high
}

func TestAHandlerIsTriedAgainAndThenTheRecordIsDead(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.dead")
	produce(t, bootstrap, "t", "a", "fails", "late", "hopeless", "z")
	dead := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
	ctx, cancel := context.WithCancel(testContext(t))
	attempts := make(map[string]int)
	var order []string
	c := consumerWith(t, bootstrap, "g", concord.WithPolicy(concord.DefaultPolicy(2)), concord.WithRetryPause(time.Millisecond, time.Millisecond),
		concord.WithDeadLetters(dead, concord.DeadLetterTopic("t.dead")))
	err := c.Run(ctx, []string{"t"}, func(_ context.Context, m *texts) error {
		attempts[m.Value]++
		switch {
		case m.Value == "fails", m.Value == "late" && attempts["late"] < 3:
			return errors.New("not now")
		case m.Value == "hopeless":
			return concord.Permanent(errors.New("never"))
		}
		order = append(order, m.Value)
		if m.Value == "z" {
			cancel()
		}
		return nil
	})
	want := map[string]int{"a": 1, "fails": 3, "late": 3, "hopeless": 1, "z": 1}
	if err != nil || fmt.Sprint(attempts) != fmt.Sprint(want) || fmt.Sprint(order) != "[a late z]" {
		t.Errorf("attempts %v, handled %v, %v", attempts, order, err)
	}
	reader := newConsumer(t, bootstrap, "dead", concord.String(), concord.String())
	var letters []string
	for m, err := range reader.Messages(testContext(t), "t.dead") {
		if err != nil {
			t.Fatal(err)
		}
		count := ""
		for _, h := range m.Headers {
			if h.Key == "__dlq.errors.delivery.count" {
				count = string(h.Value)
			}
		}
		if letters = append(letters, m.Value+" "+count); len(letters) == 2 {
			break
		}
	}
	if fmt.Sprint(letters) != "[fails 3 hopeless 1]" {
		t.Errorf("dead letters %v", letters)
	}
}

func TestWhileDeadLettersCannotBePublishedNothingIsSkipped(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	other, deadBootstrap := newCluster(t, "t.dead")
	produce(t, bootstrap, "t", "a", "poison", "b")
	dead := newProducer(t, deadBootstrap, concord.Bytes(), concord.Bytes())
	other.Close() // unavailable
	var got []string
	c := pickyConsumer(t, bootstrap, nil, concord.WithDeadLetters(dead, concord.DeadLetterTopic("t.dead")), concord.WithDrainTimeout(0))
	run := inBackground(t, func(ctx context.Context) error {
		return c.Run(ctx, []string{"t"}, func(_ context.Context, m *texts) error {
			got = append(got, m.Value)
			return nil
		})
	})
	run.await("the partition to wait", func() bool { return c.Stats().Paused[concord.DeadLettersUnavailable] == 1 && c.Stats().InFlight == 2 })
	if err := run.end(); err != nil || fmt.Sprint(got) != "[a]" {
		t.Errorf("handled %v, %v: want what comes before it, and no failure", got, err)
	}
	for m, err := range consumerWith(t, bootstrap, "g").Messages(testContext(t), "t") {
		if err != nil || m.Value != "poison" {
			t.Errorf("%v, %v: want the poison again", m, err)
		}
		break
	}
}

func TestTooManyDeadLettersEndTheRun(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.dead")
	var values []string
	for i := range 60 {
		values = append(values, fmt.Sprint(i))
	}
	for i := range 60 {
		values = append(values, fmt.Sprint("poison ", i))
	}
	produce(t, bootstrap, "t", values...)
	dead := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
	c := pickyConsumer(t, bootstrap, nil, concord.WithDeadLetters(dead, concord.DeadLetterTopic("t.dead"), concord.WithDeadLetterLimit(0.5, 20)))
	err := c.Run(testContext(t), []string{"t"}, func(context.Context, *texts) error { return nil })
	if !errors.Is(err, concord.ErrTooManyDeadLetters) {
		t.Fatalf("got %v", err)
	}
	if low, high := watermarks(t, bootstrap, "t.dead"); high-low != 11 {
		t.Errorf("%d dead letters, want 11: the first to be more than half of 20", high-low)
	}
	for m, err := range consumerWith(t, bootstrap, "g").Messages(testContext(t), "t") {
		if err != nil || m.Value != "poison 11" {
			t.Errorf("%v, %v: want poison 11", m, err)
		}
		break
	}
}

func TestTooManyDeadLettersPauseTheConsumer(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.dead")
	var values []string
	for i := range 40 {
		values = append(values, fmt.Sprint([]string{"poison", "good"}[i/20], i))
	}
	produce(t, bootstrap, "t", values...)
	dead := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
	c := pickyConsumer(t, bootstrap, nil, concord.WithStopAtEnd(), concord.WithDeadLetters(dead, concord.DeadLetterTopic("t.dead"),
		concord.WithDeadLetterLimit(0.5, 10), concord.WithDeadLetterPause(300*time.Millisecond)))
	handled := 0
	began := time.Now()
	err := c.Run(testContext(t), []string{"t"}, func(_ context.Context, m *texts) error {
		handled++
		return nil
	})
	if err != nil || handled != 20 {
		t.Fatalf("handled %d, %v", handled, err)
	}
	if s := c.Stats(); s.Pauses[concord.TooManyDeadLetters] != 2 || s.DeadLetters != 20 {
		t.Errorf("%d pauses for %d dead letters, want 2 for 20", s.Pauses[concord.TooManyDeadLetters], s.DeadLetters)
	}
	if took := time.Since(began); took < 600*time.Millisecond {
		t.Errorf("two pauses of 300 ms took %v", took)
	}
}

func TestDeadLettersAreReplayedAsTheyWere(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.dead")
	p := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
	at := time.UnixMilli(1727260800123)
	sent := []concord.Message[[]byte, []byte]{
		{Topic: "t", Key: []byte("k"), Value: []byte("poison 1"), Headers: []concord.Header{{Key: "h", Value: []byte("v")}, {Key: "__value_schema_id", Value: []byte("\x01 sixteen bytes..")}}, Timestamp: at},
		{Topic: "t", NullKey: true, Value: []byte("poison 2"), Timestamp: at},
	}
	for _, m := range sent {
		if _, err := p.Produce(testContext(t), m); err != nil {
			t.Fatal(err)
		}
	}
	c := pickyConsumer(t, bootstrap, nil, concord.WithStopAtEnd(), concord.WithDeadLetters(p, concord.DeadLetterTopic("t.dead"), concord.SpringProfile))
	if err := c.Run(testContext(t), []string{"t"}, func(context.Context, *texts) error { return nil }); err != nil {
		t.Fatal(err)
	}
	// One that is no dead letter, and is left where it is.
	if _, err := p.Produce(testContext(t), concord.Message[[]byte, []byte]{Topic: "t.dead", Value: []byte("stray")}); err != nil {
		t.Fatal(err)
	}
	replayer := newConsumer(t, bootstrap, "replay", concord.Bytes(), concord.Bytes())
	done, err := concord.ReplayDeadLetters(testContext(t), replayer, p, []string{"t.dead"}, []string{"t"})
	if err != nil || done != (concord.Replay{Replayed: 2, Skipped: 1}) {
		t.Fatalf("%+v, %v", done, err)
	}
	again := make(map[string]int)
	for m, err := range newConsumer(t, bootstrap, "all", concord.Bytes(), concord.Bytes()).Messages(testContext(t), "t") {
		if err != nil {
			t.Fatal(err)
		}
		want := sent[0]
		if string(m.Value) == "poison 2" {
			want = sent[1]
		}
		if string(m.Key) != string(want.Key) || m.NullKey != want.NullKey || !m.Timestamp.Equal(at) || fmt.Sprint(withoutReplay(m.Headers)) != fmt.Sprint(want.Headers) {
			t.Errorf("%+v, sent was %+v", m, want)
		}
		if again[string(m.Value)]++; again["poison 1"] == 2 && again["poison 2"] == 2 {
			break
		}
	}
}

// withoutReplay are the headers without those that a replay adds.
func withoutReplay(headers []concord.Header) (own []concord.Header) {
	for _, h := range headers {
		if !strings.HasPrefix(h.Key, "concord.replay.") {
			own = append(own, h)
		}
	}
	return own
}

func TestAProducerIsPreparedBeforeItsFirstMessage(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	reg := registrytest.New(t)
	client, err := registry.NewClient(reg.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(context.Background()) })
	type event struct {
		ID string `avro:"id"`
	}
	values, err := serde.NewSerializer(client, avro.For[event]())
	if err != nil {
		t.Fatal(err)
	}
	p := newProducer(t, bootstrap, concord.String(), values)
	schema, err := avro.SchemaFor[event]()
	if err != nil {
		t.Fatal(err)
	}
	reg.Register("t-value", registry.Schema{Text: schema.String()})
	err = p.Prepare(testContext(t), "t", "u", "no topic")
	if !errors.Is(err, serde.NotRegistered) || !strings.Contains(err.Error(), `"u"`) || !strings.Contains(err.Error(), "not a topic name") || strings.Contains(err.Error(), `"t"`) {
		t.Errorf("got %v", err)
	}
	if err := p.Prepare(testContext(t), "t"); err != nil {
		t.Error(err)
	}
}
