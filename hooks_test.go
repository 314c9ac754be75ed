//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/concord-go/concord"
)

// rebalances remembers what an observer sees.
type rebalances struct {
	mu  sync.Mutex
	all []string
}

func (r *rebalances) observer() concord.ConsumerOption {
	note := func(what string) func(concord.Rebalanced) {
		return func(e concord.Rebalanced) {
			var tps []string
			for _, tp := range e.Partitions {
				tps = append(tps, fmt.Sprint(tp.Topic, tp.Partition))
			}
			slices.Sort(tps)
			r.mu.Lock()
			defer r.mu.Unlock()
			r.all = append(r.all, fmt.Sprint(e.Group, " ", what, " ", strings.Join(tps, " ")))
		}
	}
	return concord.WithObserver(concord.Observer{OnAssigned: note("assigned"), OnRevoked: note("revoked"), OnLost: note("lost")})
}

func (r *rebalances) has(prefix string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.all, func(s string) bool { return strings.HasPrefix(s, prefix) })
}

func TestObserversAndTheLogAreToldOfRebalances(t *testing.T) {
	t.Parallel()
	cluster, bootstrap := newCluster(t, "t")
	lose := loseMembership(cluster)
	var seen rebalances
	var book logBook
	eager := kafka.ConfigMap{"partition.assignment.strategy": "range"}
	c := memberOf(t, bootstrap, "g", eager, seen.observer(), book.option(slog.LevelInfo), concord.WithDrainTimeout(0))
	defer closeNow(t, c)
	run := inBackground(t, func(ctx context.Context) error {
		return c.Run(ctx, []string{"t"}, func(context.Context, *texts) error { return nil })
	})
	run.await("the assignment", func() bool { return seen.has("g assigned t0 t1 t2") })
	other := memberOf(t, bootstrap, "g", eager)
	second := inBackground(t, func(ctx context.Context) error {
		return other.Run(ctx, []string{"t"}, func(context.Context, *texts) error { return nil })
	})
	run.await("the revocation", func() bool { return seen.has("g revoked t0 t1 t2") })
	run.await("both to have partitions", func() bool {
		return other.Stats().Partitions > 0 && c.Stats().Partitions > 0 && other.Stats().Partitions+c.Stats().Partitions == 3
	})
	if err := second.end(); err != nil {
		t.Error(err)
	}
	closeNow(t, other)
	run.await("all to come back", func() bool { return c.Stats().Partitions == 3 })
	lose.Store(true)
	run.await("the loss", func() bool { return seen.has("g lost t0 t1 t2") })
	lose.Store(false)
	if err := run.end(); err != nil {
		t.Error(err)
	}
	for text, level := range map[string]string{"partitions assigned": "INFO", "partitions revoked": "INFO", "partitions lost: what was not committed is redelivered": "WARN"} {
		lines := book.lines(t, text)
		if len(lines) == 0 {
			t.Errorf("no line %q", text)
			continue
		}
		partitions, _ := lines[0]["partitions"].(map[string]any)
		if of, _ := partitions["t"].([]any); lines[0]["level"] != level || lines[0]["count"] != 3.0 || len(of) != 3 || lines[0]["client"] == "" {
			t.Errorf("%v, want the count and the partitions by topic", lines[0])
		}
	}
}

func TestAnAssignmentByHandIsObserved(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	var seen rebalances
	c := consumerWith(t, bootstrap, "g", seen.observer(), concord.WithManualAssignment(0, 2), concord.WithStopAtEnd())
	if err := c.Run(testContext(t), []string{"t"}, func(context.Context, *texts) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(seen.all) != "[g assigned t0 t2]" {
		t.Errorf("%v", seen.all)
	}
}

// What is a line's own belongs into attributes: texts that name an offset cannot be counted.
func TestLinesAboutRecordsHaveTheirPlaceInAttributesAndAreLimited(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.soon", "t.dead")
	var values []string
	for i := range 200 {
		values = append(values, fmt.Sprint("poison ", i))
	}
	p := newProducer(t, bootstrap, concord.String(), concord.String())
	for _, v := range values {
		if err := p.ProduceAsync(testContext(t), texts{Topic: "t", Value: v, ToPartition: new(int32)}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Flush(testContext(t)); err != nil {
		t.Fatal(err)
	}
	aside := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
	var book logBook
	began := time.Now()
	c := pickyConsumer(t, bootstrap, nil, book.option(slog.LevelInfo), concord.WithStopAtEnd(), concord.WithDeadLetters(aside, concord.DeadLetterTopic("t.dead"), concord.WithDeadLetterLimit(0, 0)))
	if err := c.Run(testContext(t), []string{"t"}, func(context.Context, *texts) error { return nil }); err != nil {
		t.Fatal(err)
	}
	lines := book.lines(t, "a record was dead-lettered")
	if most := 1 + int(time.Since(began)/(10*time.Second)); len(lines) < 1 || len(lines) > most {
		t.Fatalf("%d lines for 200 dead letters in %v", len(lines), time.Since(began))
	}
	for name, want := range map[string]any{"topic": "t", "partition": 0.0, "offset": 0.0, "stage": "reading the value", "attempt": 1.0, "dead_letter_topic": "t.dead", "level": "WARN"} {
		if lines[0][name] != want {
			t.Errorf("%s is %v, want %v", name, lines[0][name], want)
		}
	}
	if lines[0]["class"] == "" || lines[0]["error"] == "" || lines[0]["client"] == "" {
		t.Errorf("%v", lines[0])
	}
}

// canary stands in key, value and headers of all records.
const canary = "canary-7f3a"

// canaryRecords writes records to partition 0 whose values begin with what becomes of them.
func canaryRecords(t *testing.T, bootstrap string, fates ...string) {
	t.Helper()
	cl := kgoClient(t, bootstrap, kgo.ProducerBatchMaxBytes(1_048_000), kgo.ProducerBatchCompression(kgo.NoCompression()))
	for _, fate := range fates {
		value := fate + " " + canary
		if strings.Contains(fate, "large") {
			value += strings.Repeat("x", 1_020_000)
		}
		r := &kgo.Record{Topic: "t", Key: []byte(canary), Value: []byte(value), Headers: []kgo.RecordHeader{{Key: "h-" + canary, Value: []byte(canary)}}}
		if err := cl.ProduceSync(testContext(t), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNoErrorAndNoLineHasAnythingOfARecordsContent(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.soon", "t.dead", "out")
	canaryRecords(t, bootstrap, "poison", "fails", "panics", "poison large", "large fails", "sends", "good", "stops")
	aside := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
	var book logBook
	var errs []error
	var mu sync.Mutex
	policy := concord.DefaultPolicy(1)
	p, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": bootstrap}, concord.String(), concord.String(), book.option(slog.LevelDebug), concord.WithTransactionalID("x"))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close(testContext(t))
	for name, transform := range map[string]bool{"run": false, "transform": true} {
		c, err := concord.NewConsumer(&kafka.ConfigMap{"bootstrap.servers": bootstrap, "group.id": name, "auto.offset.reset": "earliest"}, concord.String(), picky{},
			book.option(slog.LevelDebug), concord.WithRecover(), concord.WithRetryPause(time.Millisecond, time.Millisecond),
			concord.WithDeadLetters(aside, concord.DeadLetterTopic("t.dead")), concord.WithRetryTopics(aside, concord.RetryTopic{Suffix: ".soon", Delay: time.Millisecond}),
			concord.WithPolicy(func(f concord.Failure) concord.Action {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, f.RecordError)
				if errors.Is(f.Err, errStops) {
					return concord.StopRun
				}
				return policy(f)
			}))
		if err != nil {
			t.Fatal(err)
		}
		handle := func(m *texts, send func(texts) error) error {
			switch fate, _, _ := strings.Cut(m.Value, " "); fate {
			case "fails", "large":
				return errors.New("no")
			case "panics":
				panic(m)
			case "sends": // more than a broker takes
				err := send(texts{Topic: "out", Key: m.Key, Value: m.Value + strings.Repeat("x", 2_000_000), Headers: m.Headers})
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, err)
				return err
			case "stops":
				return errStops
			}
			return nil
		}
		if transform {
			err = concord.Transform(testContext(t), c, p, []string{"t"}, func(_ context.Context, m *texts, send func(texts) error) error { return handle(m, send) })
		} else {
			err = c.Run(testContext(t), []string{"t"}, func(ctx context.Context, m *texts) error {
				return handle(m, func(out texts) error {
					q := newProducer(t, bootstrap, concord.String(), concord.String())
					_, err := q.Produce(ctx, out)
					return err
				})
			})
		}
		if _, ok := errors.AsType[*concord.RecordError](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
		errs = append(errs, err)
		s := c.Stats()
		if s.DeadLetters < 3 || s.Delayed == 0 || s.Retried == 0 {
			t.Errorf("%s went other ways than it was to: %+v", name, s)
		}
		closeNow(t, c)
	}
	for _, err := range errs {
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("an error has it: %.300s", err)
		}
	}
	for line := range strings.Lines(book.String()) {
		if strings.Contains(line, canary) {
			t.Errorf("a line has it: %.300s", line)
		}
	}
	for _, m := range deadLetters(t, bootstrap, "t.dead") {
		for _, h := range m.Headers {
			if h.Key != "h-"+canary && strings.Contains(string(h.Value), canary) {
				t.Errorf("header %s of a dead letter has it: %.300s", h.Key, h.Value)
			}
		}
	}
}

var errStops = errors.New("the end")
