//go:build cgo

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/concord-go/concord"
)

// footprint is the resources of the process.
type footprint struct {
	goroutines, files, threads int
	resident                   int64 // bytes
}

// measure waits up to five seconds for settled.
func measure(settled func(footprint) bool) (f footprint) {
	for range 50 {
		runtime.GC()
		debug.FreeOSMemory()
		f = footprint{goroutines: runtime.NumGoroutine()}
		if entries, err := os.ReadDir("/proc/self/fd"); err == nil {
			f.files = len(entries)
		}
		if entries, err := os.ReadDir("/proc/self/task"); err == nil {
			f.threads = len(entries)
		}
		if b, err := os.ReadFile("/proc/self/statm"); err == nil {
			if fields := strings.Fields(string(b)); len(fields) > 1 {
				pages, _ := strconv.ParseInt(fields[1], 10, 64)
				f.resident = pages * int64(os.Getpagesize())
			}
		}
		if settled == nil || settled(f) {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	return f
}

// cycles opens and closes clients.
func cycles(ctx context.Context, s *soak) error {
	w, err := s.newWorld(ctx, "in", "out")
	if err != nil {
		return err
	}
	defer w.end()
	n, warm := size(s, 1000, 30), size(s, 100, 10)
	if err := w.cyclesBetween(ctx, 0, warm); err != nil {
		return err
	}
	before := measure(nil)
	if err := w.cyclesBetween(ctx, warm, warm+n); err != nil {
		return err
	}
	const slack = 4 // connections of the embedded brokers that are closing
	after := measure(func(f footprint) bool {
		return f.goroutines <= before.goroutines+slack && f.files <= before.files+slack
	})
	s.printf("%d cycles: goroutines %d -> %d, files %d -> %d, threads %d -> %d, memory %d MB -> %d MB", n,
		before.goroutines, after.goroutines, before.files, after.files, before.threads, after.threads, before.resident>>20, after.resident>>20)
	switch {
	case after.goroutines > before.goroutines+slack:
		return errors.New("goroutines leaked")
	case after.files > before.files+slack:
		return errors.New("files leaked")
	case after.threads > before.threads+slack+max(8, n/10): // Go keeps threads that it started for blocking calls into C
		return errors.New("threads leaked")
	// 20 kB a cycle: a leaked client takes ten times that.
	case after.resident > before.resident+32<<20+int64(n)*20<<10:
		return errors.New("memory leaked")
	}
	return nil
}

// cyclesBetween runs cycles, several at a time: each mostly waits for brokers.
func (w *world) cyclesBetween(ctx context.Context, first, end int) error {
	const atOnce = partitions
	failed := make(chan error, atOnce)
	for worker := range atOnce {
		go func() {
			for i := first + worker; i < end; i += atOnce {
				if err := w.cycle(ctx, i); err != nil {
					failed <- fmt.Errorf("cycle %d: %w", i, err)
					return
				}
			}
			failed <- nil
		}()
	}
	var err error
	for range atOnce {
		err = errors.Join(err, <-failed)
	}
	return err
}

// cycle opens, uses and closes a registry client, a producer and a consumer; every thirtieth cycle also a group member with a
// Transform.
func (w *world) cycle(ctx context.Context, i int) (err error) {
	client, err := w.client()
	if err != nil {
		return err
	}
	closing := func(what string, close func(context.Context) error) {
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		if cerr := close(limit); cerr != nil {
			err = errors.Join(err, fmt.Errorf("closing the %s: %w", what, cerr))
		}
	}
	defer func() { client.Close(context.WithoutCancel(ctx)) }()
	p, err := newProducer(client, w.bootstrap)
	if err != nil {
		return err
	}
	defer closing("producer", p.Close)
	partition := int32(i % partitions)
	d, err := p.Produce(ctx, message{Topic: w.topic("in"), Key: int64(i), Value: event{int64(i), text}, ToPartition: &partition})
	if err != nil {
		return err
	}
	c, err := newConsumer(client, w.group("alone"), concord.WithManualAssignment(partition), concord.FromOffset(w.topic("in"), partition, d.Offset), concord.WithStopAtEnd())
	if err != nil {
		return err
	}
	defer closing("consumer", c.Close)
	seen := 0
	if err := c.Run(ctx, []string{w.topic("in")}, func(context.Context, *message) error { seen++; return nil }); err != nil || seen != 1 {
		return fmt.Errorf("%d records instead of one: %w", seen, err)
	}
	if i%10 != 0 || i%partitions != 0 { // one at a time: they share a transactional ID
		return nil
	}
	from, err := newConsumer(client, w.group("transform"), concord.WithStopAtEnd())
	if err != nil {
		return err
	}
	defer closing("transforming consumer", from.Close)
	to, err := newProducer(client, w.bootstrap, concord.WithTransactionalID(w.topic("cycle")))
	if err != nil {
		return err
	}
	defer closing("transforming producer", to.Close)
	return concord.Transform(ctx, from, to, []string{w.topic("in")}, func(_ context.Context, m *message, send func(message) error) error {
		return send(message{Topic: w.topic("out"), Key: m.Key, Value: m.Value})
	})
}
