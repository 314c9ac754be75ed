//go:build cgo

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/internal/devstack"
	"github.com/concord-go/concord/internal/registryserver"
	"github.com/concord-go/concord/registry"
)

// partitions of every topic.
const partitions = 6

var quiet = concord.WithLogger(slog.New(slog.DiscardHandler))

// world is brokers and a registry. A suffix keeps its topics apart from others on the same brokers.
type world struct {
	bootstrap  string
	partitions int // of its topics
	suffix     string
	cluster    *kfake.Cluster // nil with the user's brokers
	registry   *registryserver.Server
	dir        string // of the registry
	close      []func()

	down     atomic.Int32 // the unavailable broker; -1: none
	refusing atomic.Bool  // produce requests to the topic refused fail
	refused  string
}

func (s *soak) newWorld(ctx context.Context, topics ...string) (_ *world, err error) {
	w := &world{bootstrap: s.bootstrap, partitions: partitions, suffix: strconv.FormatUint(rand.Uint64(), 36)}
	defer func() {
		if err != nil {
			w.end()
		}
	}()
	if w.bootstrap == "" {
		var end func()
		w.cluster, end, err = devstack.NewCluster(nil, kfake.NumBrokers(3), kfake.DefaultNumPartitions(partitions), kfake.GroupMinSessionTimeout(time.Second))
		if err != nil {
			return nil, err
		}
		w.close = append(w.close, end)
		w.controlBrokers()
		for i, addr := range w.cluster.ListenAddrs() {
			if i > 0 {
				w.bootstrap += ","
			}
			w.bootstrap += addr
		}
	}
	if w.dir, err = os.MkdirTemp("", "soak"); err != nil {
		return nil, err
	}
	w.close = append(w.close, func() { os.RemoveAll(w.dir) })
	if w.registry, err = registryserver.Listen("127.0.0.1:0", registryserver.Options{Dir: w.dir}); err != nil {
		return nil, err
	}
	w.close = append(w.close, func() { w.registry.Close(context.Background()) })
	return w, w.createTopics(ctx, topics)
}

func (w *world) end() {
	for i := len(w.close) - 1; i >= 0; i-- {
		w.close[i]()
	}
}

// topic returns the name of a topic of this world.
func (w *world) topic(name string) string { return name + "-" + w.suffix }

// stopRegistry stops the registry for a time.
func (w *world) stopRegistry(ctx context.Context, d time.Duration) error {
	addr := strings.TrimPrefix(w.registry.URL(), "http://")
	if err := w.registry.Close(ctx); err != nil {
		return err
	}
	sleep(ctx, d)
	again, err := registryserver.Listen(addr, registryserver.Options{Dir: w.dir})
	if err != nil {
		return err
	}
	w.registry = again
	return nil
}

func (w *world) createTopics(ctx context.Context, names []string) error {
	if len(names) == 0 {
		return nil
	}
	admin, err := kafka.NewAdminClient(&kafka.ConfigMap{"bootstrap.servers": w.bootstrap, "enable.metrics.push": false})
	if err != nil {
		return err
	}
	defer admin.Close()
	specs := make([]kafka.TopicSpecification, len(names))
	for i, name := range names {
		specs[i] = kafka.TopicSpecification{Topic: w.topic(name), NumPartitions: w.partitions, ReplicationFactor: -1}
	}
	results, err := admin.CreateTopics(ctx, specs)
	for _, r := range results {
		if r.Error.Code() != kafka.ErrNoError {
			err = errors.Join(err, r.Error)
		}
	}
	return err
}

func (w *world) client() (*registry.Client, error) { return registry.NewClient(w.registry.URL()) }

// bounce makes a broker unavailable for some time: partitions get other leaders, and the broker closes every
// connection at its first request. It does nothing with the user's brokers.
func (w *world) bounce(ctx context.Context) {
	if w.cluster == nil {
		return
	}
	node := int32(rand.IntN(3))
	w.down.Store(node)
	w.cluster.ShufflePartitionLeaders()
	sleep(ctx, time.Duration(500+rand.IntN(2500))*time.Millisecond)
	w.down.Store(-1)
	w.cluster.ShufflePartitionLeaders()
}

var errUnavailable = errors.New("the broker is unavailable")

// controlBrokers lets bounce and refusing take effect.
func (w *world) controlBrokers() {
	w.down.Store(-1)
	w.cluster.Control(func(r kmsg.Request) (kmsg.Response, error, bool) {
		w.cluster.KeepControl()
		if w.cluster.CurrentNode() == w.down.Load() {
			return nil, errUnavailable, true
		}
		if r, ok := r.(*kmsg.OffsetForLeaderEpochRequest); ok {
			return endOfEpochs(w.cluster, r), nil, true
		}
		if r, ok := r.(*kmsg.ProduceRequest); ok && w.refusing.Load() {
			for i := range r.Topics {
				if r.Topics[i].Topic == w.refused {
					return nil, errUnavailable, true
				}
			}
		}
		return nil, nil, false
	})
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// group returns the configuration of a consumer.
func (w *world) group(name string, more ...string) *kafka.ConfigMap {
	config := kafka.ConfigMap{
		"bootstrap.servers": w.bootstrap, "group.id": w.topic(name), "auto.offset.reset": "earliest", "session.timeout.ms": 6000, "heartbeat.interval.ms": 500,
	}
	for i := 0; i < len(more); i += 2 {
		config[more[i]] = more[i+1]
	}
	return &config
}

// ledger counts how often each event was seen.
type ledger struct {
	times []int
	seen  int
}

func newLedger(n int) *ledger { return &ledger{times: make([]int, n)} }

func (l *ledger) add(n int64) error {
	if n < 0 || n >= int64(len(l.times)) {
		return fmt.Errorf("event %d was never sent", n)
	}
	if l.times[n]++; l.times[n] == 1 {
		l.seen++
	}
	return nil
}

// lost returns how many events were not seen.
func (l *ledger) lost() int { return len(l.times) - l.seen }

// again returns how many times events were seen after the first time.
func (l *ledger) again() (n int) {
	for _, times := range l.times {
		n += max(times-1, 0)
	}
	return n
}

// missing lists the lost events by partition.
func (l *ledger) missing() string {
	var b strings.Builder
	for partition := range partitions {
		first, last, n := -1, -1, 0
		for i := partition; i < len(l.times); i += partitions {
			if l.times[i] == 0 {
				if n++; first < 0 {
					first = i
				}
				last = i
			}
		}
		if n > 0 {
			fmt.Fprintf(&b, "partition %d: %d from %d to %d; ", partition, n, first, last)
		}
	}
	return b.String()
}
