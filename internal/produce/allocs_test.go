package produce_test

import (
	"context"
	"testing"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/produce"
)

// instant acknowledges each record before Produce returns, without memory of its own. The
// sender cannot tell it from another goroutine.
type instant struct {
	client
}

func (c *instant) Produce(_ *kafkaclient.Record, token any) error {
	if token == nil {
		c.reporter.Acknowledged(1)
	} else {
		c.reporter.Delivered(token, kafkaclient.Report{Partition: 1, Offset: 2})
	}
	return nil
}

type callback func(produce.Delivery, error)

func (f callback) Delivered(d produce.Delivery, err error) { f(d, err) }

func TestSendingAllocatesNothing(t *testing.T) {
	// Not parallel: AllocsPerRun counts all goroutines.
	c := &instant{}
	s, err := produce.New(func(r kafkaclient.Reporter) (kafkaclient.Producer, error) {
		c.reporter = r
		return c, nil
	}, produce.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	count := func(produce.Delivery, error) { n++ }
	fill := func() *produce.Message {
		m, err := s.NewMessage("t")
		if err != nil {
			t.Fatal(err)
		}
		m.Record.Key = append(m.KeyBuffer(), "key"...)
		m.Record.Value = append(m.ValueBuffer(), "value"...)
		m.AddHeader(kafkaclient.Header{Key: "h"})
		return m
	}
	for name, send := range map[string]func(){
		"Produce": func() {
			if _, err := s.Produce(ctx, fill()); err != nil {
				t.Fatal(err)
			}
		},
		"ProduceAsync, anonymous": func() {
			if err := s.ProduceAsync(ctx, fill(), nil); err != nil {
				t.Fatal(err)
			}
		},
		"ProduceAsync with a callback": func() {
			if err := s.ProduceAsync(ctx, fill(), callback(count)); err != nil {
				t.Fatal(err)
			}
		},
		"Produce with done": func() {
			m := fill()
			m.Done = callback(count)
			if _, err := s.Produce(ctx, m); err != nil {
				t.Fatal(err)
			}
		},
	} {
		for range 10 { // the pools, and the buffers of headers
			send()
		}
		if got := testing.AllocsPerRun(1000, send); got > 0 && !raceEnabled {
			t.Errorf("%s: %v allocations per message, want 0", name, got)
		}
	}
	if n == 0 {
		t.Error("no callback was called")
	}
}
