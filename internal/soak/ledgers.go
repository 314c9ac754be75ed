//go:build cgo

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/concord-go/concord"
)

const (
	members  = 3
	patience = 90 * time.Second // for the remaining work after the last kill
)

// handleLedger handles numbered events in consumers that are killed.
func handleLedger(ctx context.Context, s *soak) error {
	l := newLedger(size(s, 200_000, 6000))
	var mu sync.Mutex
	var odd error
	heard := func(line string) {
		mu.Lock()
		defer mu.Unlock()
		n, err := strconv.ParseInt(line, 10, 64)
		if err == nil {
			err = l.add(n)
		}
		if err != nil && odd == nil {
			odd = err
		}
	}
	seen := func() int {
		mu.Lock()
		defer mu.Unlock()
		return l.seen
	}
	kills, err := harassed(ctx, s, len(l.times), func(w *world, place int) task {
		return task{Bootstrap: w.bootstrap, Registry: w.registry.URL(), Group: w.topic("g"), From: w.topic("in")}
	}, heard, func(context.Context, *world) (int, error) { return seen(), nil })
	s.printf("%d events, 3 processes, %d kills: %d lost, %d handled again", len(l.times), kills, l.lost(), l.again())
	if l.lost() > 0 {
		err = errors.Join(err, fmt.Errorf("%d events are lost: %s", l.lost(), l.missing()))
	}
	return errors.Join(err, odd)
}

// transformLedger copies numbered events in transformers that are killed.
func transformLedger(ctx context.Context, s *soak) error {
	l := newLedger(size(s, 200_000, 6000))
	var odd error
	kills, err := harassed(ctx, s, len(l.times), func(w *world, place int) task {
		return task{Bootstrap: w.bootstrap, Registry: w.registry.URL(), Group: w.topic("g"), From: w.topic("in"), To: w.topic("out"), ID: w.topic(fmt.Sprint("member", place))}
	}, func(string) {}, func(ctx context.Context, w *world) (int, error) {
		// Read the whole output each time, with read_committed.
		fresh := newLedger(len(l.times))
		client, err := w.client()
		if err != nil {
			return 0, err
		}
		defer client.Close(ctx)
		c, err := newConsumer(client, w.group("out"), concord.FromBeginning(), concord.WithStopAtEnd(), concord.InOrder())
		if err != nil {
			return 0, err
		}
		last := make(map[int32]int64)
		for m, err := range c.Messages(ctx, w.topic("out")) {
			if err == nil {
				err = fresh.add(m.Value.Number)
			}
			if err != nil {
				return 0, errors.Join(err, c.Close(ctx))
			}
			if before, ok := last[m.Partition]; ok && m.Value.Number <= before {
				odd = fmt.Errorf("%d comes after %d", m.Value.Number, before)
			}
			last[m.Partition] = m.Value.Number
		}
		l = fresh
		return l.seen, c.Close(ctx)
	})
	s.printf("%d events, 3 processes, %d kills: %d lost, %d duplicated", len(l.times), kills, l.lost(), l.again())
	if l.lost() > 0 || l.again() > 0 {
		err = errors.Join(err, fmt.Errorf("%d events are lost, %d duplicated", l.lost(), l.again()))
	}
	return errors.Join(err, odd)
}

// harassed sends events to children while it kills them and makes brokers unavailable, and waits until all events
// are seen.
func harassed(ctx context.Context, s *soak, events int, newTask func(*world, int) task, heard func(string), seen func(context.Context, *world) (int, error)) (kills int, err error) {
	w, err := s.newWorld(ctx, "in", "out")
	if err != nil {
		return 0, err
	}
	defer w.end()
	client, err := w.client()
	if err != nil {
		return 0, err
	}
	defer client.Close(context.WithoutCancel(ctx))
	p, err := newProducer(client, w.bootstrap)
	if err != nil {
		return 0, err
	}
	defer p.Close(context.WithoutCancel(ctx))
	over := size(s, 4*time.Minute, 8*time.Second)
	c := startCrew(members, func(place int) task { return newTask(w, place) }, heard)
	sent := make(chan error, 1)
	go func() { sent <- send(ctx, p, w.topic("in"), 0, events, over) }()
	err = c.harass(ctx, w, over, size(s, 30, 3), size(s, 10, 1))
	err = errors.Join(err, <-sent)
	// Live members take over from killed ones within the session timeout.
	for deadline := time.Now().Add(patience); err == nil; {
		n, serr := seen(ctx, w)
		if err = serr; n == events {
			break
		}
		if time.Now().After(deadline) {
			err = errors.Join(err, fmt.Errorf("%d of %d events after %s:\n%s", n, events, patience, w.stalled(ctx, c)))
			break
		}
		sleep(ctx, time.Second)
		err = errors.Join(err, ctx.Err())
	}
	err = errors.Join(err, c.end())
	for _, line := range c.resets {
		s.printf("%s", line)
	}
	return c.kills, err
}
