//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/internal/devstack"
)

func TestReadySaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	c := consumerWith(t, bootstrap, "g")
	if err := c.Ready(); !errors.Is(err, concord.ErrNotRunning) {
		t.Errorf("before a run: %v", err)
	}
	nothing := func(ctx context.Context) error {
		return c.Run(ctx, []string{"t"}, func(context.Context, *texts) error { return nil })
	}
	run := inBackground(t, nothing)
	run.await("readiness", func() bool { return c.Ready() == nil })
	if n := c.Stats().Partitions; n != 3 {
		t.Errorf("ready with %d partitions", n)
	}
	if err := run.end(); err != nil {
		t.Fatal(err)
	}
	if err := c.Ready(); !errors.Is(err, concord.ErrNotRunning) {
		t.Errorf("after a run: %v", err)
	}
	closeNow(t, c)
	if err := c.Ready(); !errors.Is(err, concord.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// There are more members than partitions.
func TestAMemberWithoutAPartitionIsReady(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	var ready int
	var runs []*running
	var members []*concord.Consumer[string, string]
	for range 4 {
		c := consumerWith(t, bootstrap, "g")
		members = append(members, c)
		runs = append(runs, inBackground(t, func(ctx context.Context) error {
			return c.Run(ctx, []string{"t"}, func(context.Context, *texts) error { return nil })
		}))
	}
	runs[0].await("all to be ready", func() bool {
		ready = 0
		partitions := 0
		for _, c := range members {
			partitions += c.Stats().Partitions
			if c.Ready() == nil {
				ready++
			}
		}
		return ready == 4 && partitions == 3
	})
	for _, r := range runs {
		if err := r.end(); err != nil {
			t.Error(err)
		}
	}
}

func TestAConsumerThatLosesItsPartitionsIsNotReady(t *testing.T) {
	t.Parallel()
	cluster, bootstrap := newCluster(t, "t")
	lose := loseMembership(cluster)
	c := consumerWith(t, bootstrap, "g", concord.WithDrainTimeout(0))
	run := inBackground(t, func(ctx context.Context) error {
		return c.Run(ctx, []string{"t"}, func(context.Context, *texts) error { return nil })
	})
	run.await("readiness", func() bool { return c.Ready() == nil })
	lose.Store(true)
	var missing error
	run.await("the loss", func() bool {
		if err := c.Ready(); err != nil {
			missing = err
		}
		return missing != nil
	})
	lose.Store(false)
	run.await("readiness", func() bool { return c.Ready() == nil })
	if !strings.Contains(missing.Error(), "assigned") {
		t.Errorf("it says %v", missing)
	}
	if err := run.end(); err != nil {
		t.Error(err)
	}
}

// unusedAddress is one at which nobody listens.
func unusedAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestWhereNoBrokerIsReachedErrorsAndLogNameTheBrokers(t *testing.T) {
	t.Parallel()
	address := unusedAddress(t)
	names := func(text string) bool {
		return strings.Contains(text, address) && strings.Contains(text, "no broker") && strings.Contains(text, "Connect") && strings.Contains(text, "refused")
	}
	p := newProducer(t, address, concord.String(), concord.String())
	c, err := concord.NewConsumer(&kafka.ConfigMap{"bootstrap.servers": address, "group.id": "g", "auto.offset.reset": "earliest"}, concord.String(), concord.String(), quiet)
	if err != nil {
		t.Fatal(err)
	}
	var book logBook
	logging, err := concord.NewConsumer(&kafka.ConfigMap{"bootstrap.servers": address, "group.id": "g", "auto.offset.reset": "earliest"}, concord.String(), concord.String(), book.option(slog.LevelInfo))
	if err != nil {
		t.Fatal(err)
	}
	nothing := func(c *concord.Consumer[string, string]) *running {
		return inBackground(t, func(ctx context.Context) error {
			return c.Run(ctx, []string{"t"}, func(context.Context, *texts) error { return nil })
		})
	}
	run, logged := nothing(c), nothing(logging)
	run.await("Ready to say it", func() bool { err := c.Ready(); return err != nil && names(err.Error()) })

	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, err = p.Produce(ctx, texts{Topic: "t", Value: "v"})
	if !errors.Is(err, context.DeadlineExceeded) || !names(err.Error()) {
		t.Errorf("Produce: %v", err)
	}
	const line = "no partition is assigned yet: no broker is reached"
	logged.await("the log line", func() bool { return len(book.lines(t, line)) > 0 })
	if text, _ := book.lines(t, line)[0]["error"].(string); !names(text) {
		t.Errorf("the log says %q", text)
	}
	for _, r := range []*running{run, logged} {
		if err := r.end(); err != nil {
			t.Errorf("a run that was asked to end returned %v", err)
		}
	}
	for _, c := range []*concord.Consumer[string, string]{c, logging} {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		c.Close(ctx)
	}
}

// The broker comes later than the clients.
func TestClientsReachABrokerThatStartsLater(t *testing.T) {
	t.Parallel()
	address := unusedAddress(t)
	c := memberOf(t, address, "g", kafka.ConfigMap{"reconnect.backoff.max.ms": 200})
	defer closeNow(t, c)
	run := inBackground(t, func(ctx context.Context) error {
		return c.Run(ctx, []string{"t"}, func(context.Context, *texts) error { return nil })
	})
	run.await("the failure to connect", func() bool { err := c.Ready(); return err != nil && strings.Contains(err.Error(), "refused") })
	_, end, err := devstack.NewCluster(func(string, string) (net.Listener, error) { return net.Listen("tcp", address) }, kfake.NumBrokers(1), kfake.SeedTopics(3, "t"), kfake.GroupMinSessionTimeout(time.Second))
	if err != nil {
		t.Skipf("the port is taken by now: %v", err)
	}
	defer end()
	produce(t, address, "t", "a")
	run.await("the record", func() bool { return c.Stats().Handled == 1 && c.Ready() == nil })
	if err := run.end(); err != nil {
		t.Error(err)
	}
}

// A broker that takes connections and says nothing is no more than one that refuses a certificate.
func TestTheLogSaysThatNothingIsAssigned(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	lines := make(chan string, 64)
	log := slog.New(slog.NewTextHandler(lineWriter(lines), nil))
	c, err := concord.NewConsumer(&kafka.ConfigMap{"bootstrap.servers": silent.Addr().String(), "group.id": "g", "auto.offset.reset": "latest"}, concord.String(), concord.String(), concord.WithLogger(log))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	said := false
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx, []string{"t"}, func(context.Context, *texts) error { return nil }) }()
	for !said && ctx.Err() == nil {
		select {
		case line := <-lines:
			said = strings.Contains(line, "no partition is assigned yet")
		case <-ctx.Done():
		}
	}
	cancel()
	if !said {
		t.Error("it does not")
	}
	<-done
	closing, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	_ = c.Close(closing) // which librdkafka may wait for longer
}

type lineWriter chan<- string

func (w lineWriter) Write(b []byte) (int, error) {
	select {
	case w <- string(b):
	default:
	}
	return len(b), nil
}
