//go:build cgo

package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/concord-go/concord"
)

// overshoot is by how much a partition may pass its bounds: records that one poll has brought are in flight together.
const (
	overshootRecords = 256
	overshootBytes   = 256 << 10
)

// slowHandler handles one of three partitions ten times slower than the others, for longer than
// max.poll.interval.ms.
func slowHandler(ctx context.Context, s *soak) error {
	w, err := s.newWorld(ctx)
	if err != nil {
		return err
	}
	defer w.end()
	w.partitions = 3
	if err := w.createTopics(ctx, []string{"in"}); err != nil {
		return err
	}
	client, err := w.client()
	if err != nil {
		return err
	}
	defer client.Close(context.WithoutCancel(ctx))
	p, err := newProducer(client, w.bootstrap)
	if err != nil {
		return err
	}
	defer p.Close(context.WithoutCancel(ctx))
	each := size(s, 5000, 600)
	for i := range 3 * each {
		partition := int32(i % 3)
		if err := p.ProduceAsync(ctx, message{Topic: w.topic("in"), Key: int64(i), Value: event{int64(i), text}, ToPartition: &partition}, nil); err != nil {
			return err
		}
	}
	if err := p.Flush(ctx); err != nil {
		return err
	}

	const records, bytes = 100, 64 << 10
	poll, session := size(s, "10000", "1500"), size(s, "6000", "1500")
	c, err := newConsumer(client, w.group("g", "max.poll.interval.ms", poll, "session.timeout.ms", session, "heartbeat.interval.ms", "300"), concord.WithMaxInFlight(records, bytes))
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	var handled [3]atomic.Int64
	var slowWhenOthersEnded atomic.Int64
	slowWhenOthersEnded.Store(-1)
	running, stop := context.WithCancel(ctx)
	defer stop()
	began := time.Now()
	// Watch what is in flight.
	mostRecords, mostBytes, mostHeap := 0, 0, uint64(0)
	watched := make(chan struct{})
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	go func() {
		defer close(watched)
		for running.Err() == nil {
			stats := c.Stats()
			mostRecords, mostBytes = max(mostRecords, stats.InFlight), max(mostBytes, stats.InFlightBytes)
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			mostHeap = max(mostHeap, now.HeapAlloc)
			sleep(running, 20*time.Millisecond)
		}
	}()
	var stats concord.ConsumerStats
	err = c.Run(running, []string{w.topic("in")}, func(ctx context.Context, m *message) error {
		pause := time.Millisecond
		if m.Partition == 0 {
			pause *= 10
		}
		sleep(ctx, pause)
		n := handled[m.Partition].Add(1)
		if n == int64(each) && handled[1].Load() == int64(each) && handled[2].Load() == int64(each) {
			slowWhenOthersEnded.CompareAndSwap(-1, handled[0].Load())
			if handled[0].Load() == int64(each) {
				stats = c.Stats()
				stop()
			}
		}
		return nil
	})
	stop()
	<-watched
	s.printf("3 x %d events, one partition ten times slower, %v in all: the others were done when it had handled %d; at most %d records and %d bytes in flight (bounds: 3 x %d, 3 x %d), heap %d MB at most, %d MB before; %d rebalance, %d pauses",
		each, time.Since(began).Round(100*time.Millisecond), slowWhenOthersEnded.Load(), mostRecords, mostBytes, records, bytes, mostHeap>>20, before.HeapAlloc>>20, stats.Rebalances, stats.Pauses[concord.InFlightFull])
	switch {
	case err != nil:
		return err
	case stats.Rebalances != 1 || stats.Lost != 0:
		return fmt.Errorf("%d rebalances, %d partitions lost: want the one assignment", stats.Rebalances, stats.Lost)
	case mostRecords > 3*(records+overshootRecords) || mostBytes > 3*(bytes+overshootBytes):
		return errors.New("too much was in flight")
	case stats.Pauses[concord.InFlightFull] == 0:
		return errors.New("no partition was ever paused: the trial tested nothing")
	case slowWhenOthersEnded.Load() > int64(each)/2:
		return errors.New("the other partitions waited for the slow one")
	}
	return nil
}
