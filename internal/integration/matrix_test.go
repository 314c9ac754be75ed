package integration

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// matrix counts what was tried with other clients; it is printed at the end.
var matrix counters

type counters struct {
	mu    sync.Mutex
	cells map[string]*cell
}

// cell is a format, a peer, a framing and a direction.
type cell struct {
	passed   int
	features map[string]bool
	failed   []string
}

// count notes a case.
func (c *counters) count(ok bool, format, peer, framing, direction, feature string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cells == nil {
		c.cells = make(map[string]*cell)
	}
	name := strings.Join([]string{format, framing, peer + " " + direction}, " | ")
	at := c.cells[name]
	if at == nil {
		at = &cell{features: make(map[string]bool)}
		c.cells[name] = at
	}
	at.features[feature] = true
	if ok {
		at.passed++
	} else {
		at.failed = append(at.failed, feature)
	}
}

func (c *counters) print() {
	c.mu.Lock()
	defer c.mu.Unlock()
	var names []string
	for name := range c.cells {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		at := c.cells[name]
		fmt.Printf("%s | %d cases of %d features | %d failed %s\n", name, at.passed+len(at.failed), len(at.features), len(at.failed), strings.Join(at.failed, ", "))
	}
}
