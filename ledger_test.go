//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/concord-go/concord"
)

// Members of a group come and go while events are produced and handled: none is lost,
// whatever the concurrency. Some may be handled again, where the group had moved on before
// a member could commit: a commit that librdkafka sends while it waits for the group to be joined waits behind
// that request, and then has the generation of before. Where all commits succeed, none is in order.
func TestMembersThatComeAndGoLoseNothing(t *testing.T) {
	t.Parallel()
	for name, concurrency := range map[string]concord.Concurrency{"in order": concord.InOrder(), "in key order": concord.InKeyOrder(4), "unordered": concord.Unordered(4)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, bootstrap := newCluster(t, "t")
			const n, members, lives = 6000, 3, 4
			ctx, cancel := context.WithCancel(testContext(t))
			defer cancel()
			ledger := make([]atomic.Int32, n)
			var handled, failures atomic.Int32
			handle := func(ctx context.Context, m *texts) error {
				var i int
				if _, err := fmt.Sscan(m.Value, &i); err != nil {
					return err
				}
				if rand.IntN(50) == 0 {
					time.Sleep(time.Millisecond)
				}
				if ledger[i].Add(1) == 1 && handled.Add(1) == n {
					cancel()
				}
				return nil
			}
			var group sync.WaitGroup
			for range members {
				group.Go(func() {
					for life := 0; ctx.Err() == nil; life++ {
						c := consumerWith(t, bootstrap, "g", concurrency)
						live, end := context.WithCancel(ctx)
						if life < lives {
							time.AfterFunc(time.Duration(500+rand.IntN(1500))*time.Millisecond, end)
						}
						err := c.Run(live, []string{"t"}, handle)
						if e, ok := errors.AsType[*concord.ConsumeError](err); err != nil && !(ok && e.Doing == "commit") {
							t.Error(err)
							cancel()
						}
						end()
						if s := c.Stats(); err != nil || s.CommitFailures+s.Lost > 0 {
							failures.Add(1)
						}
						if err := c.Close(testContext(t)); err != nil {
							t.Error(err)
						}
					}
				})
			}
			p := newProducer(t, bootstrap, concord.String(), concord.String())
			for i := range n {
				if err := p.ProduceAsync(testContext(t), texts{Topic: "t", Key: fmt.Sprint(i % 100), Value: fmt.Sprint(i)}, nil); err != nil {
					t.Fatal(err)
				}
				if i%100 == 0 {
					time.Sleep(50 * time.Millisecond)
				}
			}
			if err := p.Flush(testContext(t)); err != nil {
				t.Fatal(err)
			}
			group.Wait()
			lost, again := 0, 0
			for i := range ledger {
				switch times := ledger[i].Load(); {
				case times == 0:
					lost++
				case times > 1:
					again++
				}
			}
			most := n / 10 // out of order: those behind one that was not begun
			switch {
			case failures.Load() > 0:
				most = n
			case name == "in order":
				most = 0
			}
			if lost > 0 || again > most {
				t.Errorf("%d of %d lost, %d more than once", lost, n, again)
			}
			t.Logf("%d events, %d handled more than once; %d members could not commit", n, again, failures.Load())
		})
	}
}
