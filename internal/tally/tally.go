// Package tally counts events that happen on all processors at once. An atomic
// counter alone would make them wait for one cache line.
package tally

import "sync/atomic"

// cells is how many counters a Counter is spread over.
const cells = 16

// Counter is a number that goroutines add to. The zero value is 0. It must not be
// copied; it takes 2 KiB.
type Counter struct {
	cell [cells]struct {
		n atomic.Int64
		_ [120]byte // two cache lines: processors fetch them in pairs
	}
}

// Inc adds one.
func (c *Counter) Inc() { c.cell[place()].n.Add(1) }

// Load is the sum. What is added meanwhile may be in it or not.
func (c *Counter) Load() int64 {
	var sum int64
	for i := range c.cell {
		sum += c.cell[i].n.Load()
	}
	return sum
}
