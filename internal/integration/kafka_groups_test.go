//go:build cgo

package integration

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
)

// member is a consumer that runs until it is told to end.
type member struct {
	*concord.Consumer[string, string]
	end func()
}

func join(t *testing.T, bootstrap, group, topic string, settings kafka.ConfigMap, handle concord.Handler[string, string]) member {
	t.Helper()
	c := newConsumer(t, bootstrap, group, concord.String(), settings)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx, []string{topic}, handle) }()
	return member{c, sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		closing, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		defer cancel()
		if err := c.Close(closing); err != nil {
			t.Error(err)
		}
	})}
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// Members join and leave while numbered records are handled, each once: partitions are revoked after what is in flight is handled and
// committed.
func TestMembersComeAndGo(t *testing.T) {
	bootstrap := kafkaNode(t)
	for name, settings := range map[string]kafka.ConfigMap{
		"cooperative": {"heartbeat.interval.ms": 200, "session.timeout.ms": 3000},
		"eager":       {"heartbeat.interval.ms": 200, "session.timeout.ms": 3000, "partition.assignment.strategy": "range"},
		"KIP-848":     {"group.protocol": "consumer"},
	} {
		t.Run(name, func(t *testing.T) {
			topic := createTopic(t, bootstrap, "groups", 6)
			p := newProducer(t, bootstrap, concord.String())
			const records = 6000
			for i := range records {
				if err := p.ProduceAsync(t.Context(), concord.Message[string, string]{Topic: topic, Key: fmt.Sprint(i), Value: fmt.Sprint(i)}, nil); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex
			times := make(map[string]int)
			handle := func(_ context.Context, m *concord.Message[string, string]) error {
				time.Sleep(2 * time.Millisecond)
				mu.Lock()
				defer mu.Unlock()
				times[m.Value]++
				return nil
			}
			handled := func() int { mu.Lock(); defer mu.Unlock(); return len(times) }
			first := join(t, bootstrap, topic, topic, settings, handle)
			await(t, "the first records", func() bool { return handled() > 100 })
			second := join(t, bootstrap, topic, topic, settings, handle)
			await(t, "both to share", func() bool {
				return first.Stats().Partitions == 3 && second.Stats().Partitions == 3 || handled() == records
			})
			first.end()
			await(t, "all records", func() bool { return handled() == records })
			second.end()
			again := 0
			for _, n := range times {
				again += n - 1
			}
			t.Logf("%d records, a member that came and one that went: %d handled again", records, again)
			if again > 0 {
				t.Errorf("%d records are handled again, though nobody was lost", again)
			}
		})
	}
}

func TestAStaticMemberComesBackToItsPartitions(t *testing.T) {
	bootstrap := kafkaNode(t)
	topic := createTopic(t, bootstrap, "static", 3)
	nothing := func(context.Context, *concord.Message[string, string]) error { return nil }
	settings := func(name string) kafka.ConfigMap {
		return kafka.ConfigMap{"group.instance.id": name, "heartbeat.interval.ms": 200, "session.timeout.ms": 20000}
	}
	a, b := join(t, bootstrap, topic, topic, settings("a"), nothing), join(t, bootstrap, topic, topic, settings("b"), nothing)
	await(t, "both to have partitions", func() bool {
		return a.Stats().Partitions > 0 && b.Stats().Partitions > 0 && a.Stats().Partitions+b.Stats().Partitions == 3
	})
	before, had := a.Stats().Rebalances, b.Stats().Partitions
	for quiet := 0; quiet < 10; quiet++ { // a cooperative group has a round more in which nothing moves
		time.Sleep(100 * time.Millisecond)
		if n := a.Stats().Rebalances; n != before {
			before, quiet = n, 0
		}
	}
	b.end()
	b = join(t, bootstrap, topic, topic, settings("b"), nothing)
	await(t, "the one that comes back to have its partitions", func() bool { return b.Stats().Partitions == had })
	if n := a.Stats().Rebalances - before; n != 0 {
		t.Errorf("the other member saw %d rebalances", n)
	}
	b.end()
	a.end()
}

// Keys go where Java's producer sends them.
func TestKeysGoToThePartitionsOfJava(t *testing.T) {
	bootstrap := kafkaNode(t)
	topic := createTopic(t, bootstrap, "keys", 13)
	var lines strings.Builder
	keys := []string{"a", "key", "é", "日本", strings.Repeat("long", 40)}
	for i := range 200 {
		keys = append(keys, fmt.Sprint("user-", i))
	}
	for _, key := range keys {
		lines.WriteString(key + "\tjava\n")
	}
	producer := exec.Command("java", "-Xmx128m", "-cp", filepath.Join(installed(t, "kafka"), "lib", "*"), "-Dfile.encoding=UTF-8", "org.apache.kafka.tools.ConsoleProducer",
		"--bootstrap-server", bootstrap, "--topic", topic, "--reader-property", "parse.key=true")
	producer.Stdin = strings.NewReader(lines.String())
	if out, err := producer.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p := newProducer(t, bootstrap, concord.String())
	ours := make(map[string]int32)
	for _, key := range keys {
		d, err := p.Produce(t.Context(), concord.Message[string, string]{Topic: topic, Key: key, Value: "concord"})
		if err != nil {
			t.Fatal(err)
		}
		ours[key] = d.Partition
	}
	n := 0
	for m, err := range newConsumer(t, bootstrap, topic, concord.String(), nil, concord.WithStopAtEnd()).Messages(t.Context(), topic) {
		if err != nil {
			t.Fatal(err)
		}
		if m.Value == "java" {
			n++
			if m.Partition != ours[m.Key] {
				t.Errorf("key %q: Java's partition is %d, ours %d", m.Key, m.Partition, ours[m.Key])
			}
		}
	}
	if n != len(keys) {
		t.Errorf("%d records of Java's, want %d", n, len(keys))
	}
}
