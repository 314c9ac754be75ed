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

type cell struct{ passed, failed int }

// count notes a case: peer, format, framing, direction and feature.
func (c *counters) count(ok bool, names ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cells == nil {
		c.cells = make(map[string]*cell)
	}
	name := strings.Join(names, " | ")
	if c.cells[name] == nil {
		c.cells[name] = new(cell)
	}
	if ok {
		c.cells[name].passed++
	} else {
		c.cells[name].failed++
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
		fmt.Printf("%s | %d passed, %d failed\n", name, c.cells[name].passed, c.cells[name].failed)
	}
}
