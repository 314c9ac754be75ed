//go:build cgo

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/concord-go/concord"
)

// deadLettersUnavailable handles events of which the handler refuses every tenth permanently, while the dead-letter topic
// is missing and, on embedded brokers, then refuses records.
func deadLettersUnavailable(ctx context.Context, s *soak) error {
	w, err := s.newWorld(ctx, "in")
	if err != nil {
		return err
	}
	defer w.end()
	w.refused = w.topic("dead")
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
	raw, err := w.newRaw()
	if err != nil {
		return err
	}
	c, err := newConsumer(client, w.group("g"), concord.WithDeadLetters(raw, concord.DeadLetterTopic(w.topic("dead"))))
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	l := newLedger(size(s, 20_000, 1000))
	last := make(map[int32]int64)
	var odd error
	var mu sync.Mutex
	running, stop := context.WithCancel(ctx)
	defer stop()
	ran := make(chan error, 1)
	go func() {
		ran <- c.Run(running, []string{w.topic("in")}, func(_ context.Context, m *message) error {
			if m.Value.Number%10 == 7 {
				return concord.Permanent(errors.New("refused"))
			}
			mu.Lock()
			defer mu.Unlock()
			if before, ok := last[m.Partition]; ok && m.Value.Number <= before {
				odd = fmt.Errorf("%d is handled after %d", m.Value.Number, before)
			}
			last[m.Partition] = m.Value.Number
			return l.add(m.Value.Number)
		})
	}()
	if err := send(ctx, p, w.topic("in"), 0, len(l.times), 0); err != nil {
		return err
	}
	away := size(s, 30*time.Second, 3*time.Second)
	w.refusing.Store(true)
	sleep(ctx, away/2)
	if err := w.createTopics(ctx, []string{"dead"}); err != nil {
		return err
	}
	sleep(ctx, away/2)
	mu.Lock()
	during := l.seen
	mu.Unlock()
	stats := c.Stats()
	w.refusing.Store(false)

	letters, err := newConsumer(client, w.group("letters"), concord.FromBeginning())
	if err != nil {
		return err
	}
	defer letters.Close(context.WithoutCancel(ctx))
	dead := 0
	reading, enough := context.WithTimeout(ctx, 90*time.Second)
	defer enough()
	for m, err := range letters.Messages(reading, w.topic("dead")) {
		if err != nil {
			return err
		}
		mu.Lock()
		if m.Value.Number%10 != 7 {
			odd = fmt.Errorf("%d was dead-lettered", m.Value.Number)
		}
		odd = errors.Join(odd, l.add(m.Value.Number))
		all := l.seen == len(l.times)
		mu.Unlock()
		if dead++; all {
			break
		}
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline) && ctx.Err() == nil; sleep(ctx, 20*time.Millisecond) {
		mu.Lock()
		all := l.seen == len(l.times)
		mu.Unlock()
		if all {
			break
		}
	}
	stop()
	err = <-ran
	s.printf("%d events, dead-letter topic unavailable for %v: %d handled meanwhile, %d pauses; %d dead letters, %d events lost, %d duplicated", len(l.times), away, during,
		stats.Pauses[concord.DeadLettersUnavailable], dead, l.lost(), l.again())
	switch {
	case err != nil || odd != nil:
		return errors.Join(err, odd)
	case l.lost() > 0 || l.again() > 0 || dead != len(l.times)/10:
		return fmt.Errorf("%d dead letters for %d events; lost: %s", dead, len(l.times)/10, l.missing())
	case during > 0 && w.cluster != nil && during >= len(l.times)*9/10:
		return errors.New("everything was handled while the dead-letter topic was unavailable: records were skipped")
	case stats.Pauses[concord.DeadLettersUnavailable] == 0:
		return errors.New("no partition ever waited for the dead-letter topic: the trial tested nothing")
	}
	return nil
}
