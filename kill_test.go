//go:build cgo

package concord_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
)

const killEnv = "CONCORD_TEST_KILLED_CONSUMER"

func TestMain(m *testing.M) {
	if bootstrap := os.Getenv(killEnv); bootstrap != "" {
		os.Exit(consumeUntilKilled(bootstrap))
	}
	// Tests wait for brokers, timers and rebalances most of the time.
	_ = flag.Set("test.parallel", "8") // m.Run parses the command line, which goes before this
	os.Exit(m.Run())
}

// consumeUntilKilled is the child process: it says which record it has handled,
// then lets the offset be stored, which commits every 100 ms.
func consumeUntilKilled(bootstrap string) int {
	c, err := concord.NewConsumer(&kafka.ConfigMap{
		"bootstrap.servers": bootstrap, "group.id": "g", "auto.offset.reset": "earliest",
		"auto.commit.interval.ms": 100, "session.timeout.ms": 1000, "heartbeat.interval.ms": 100,
	}, concord.String(), concord.String(), quiet)
	if err == nil {
		err = c.Run(context.Background(), []string{"t"}, func(_ context.Context, m *texts) error {
			time.Sleep(200 * time.Microsecond)
			_, err := fmt.Println(m.Value)
			return err
		})
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// A process that is killed loses nothing: what it had handled and not committed
// comes again, what it had not handled comes to its successor.
func TestEveryEventIsDeliveredThoughTheProcessIsKilled(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	const n, kills = 2000, 4
	p := newProducer(t, bootstrap, concord.String(), concord.String())
	for i := range n {
		if err := p.ProduceAsync(testContext(t), texts{Topic: "t", Key: fmt.Sprint(i), Value: fmt.Sprint(i)}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Flush(testContext(t)); err != nil {
		t.Fatal(err)
	}

	ctx := testContext(t)
	seen := make(map[string]int)
	for life := 0; len(seen) < n; life++ {
		if ctx.Err() != nil {
			t.Fatalf("%d of %d events after %d lives", len(seen), n, life)
		}
		before := len(seen)
		last := life >= kills
		killAfter := 1 + rand.IntN(n/(kills+1))
		runChild(t, ctx, bootstrap, func(value string) (goOn bool) {
			seen[value]++
			if last {
				return len(seen) < n
			}
			return len(seen)-before < killAfter
		})
	}
	again := 0
	for _, times := range seen {
		again += times - 1
	}
	t.Logf("%d events, each delivered; %d of them more than once", n, again)
}

// runChild kills the child when handled says so.
func runChild(t *testing.T, ctx context.Context, bootstrap string, handled func(string) bool) {
	t.Helper()
	child := exec.CommandContext(ctx, os.Args[0])
	child.Env = append(os.Environ(), killEnv+"="+bootstrap)
	var stderr strings.Builder
	child.Stderr = &stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if !handled(lines.Text()) {
			break
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatalf("the child ended by itself: %v\n%s", err, stderr.String())
	}
	for lines.Scan() { // what it had handled before the signal came
		handled(lines.Text())
	}
	_ = child.Wait() // killed
}
