package tally_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/concord-go/concord/internal/tally"
)

func TestNothingIsLostBetweenGoroutines(t *testing.T) {
	t.Parallel()
	var c tally.Counter
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for range 1000 {
				c.Inc()
			}
		})
	}
	wg.Wait()
	if got := c.Load(); got != 64_000 {
		t.Errorf("64 goroutines counted to 1,000 each: %d", got)
	}
}

func TestCountingTakesNoMemory(t *testing.T) {
	var c tally.Counter
	if n := testing.AllocsPerRun(100, c.Inc); n != 0 {
		t.Errorf("Inc allocates %v times", n)
	}
}

func BenchmarkInc(b *testing.B) {
	b.Run("tally", func(b *testing.B) {
		var c tally.Counter
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				c.Inc()
			}
		})
	})
	b.Run("atomic", func(b *testing.B) {
		var c atomic.Int64
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				c.Add(1)
			}
		})
	})
}
