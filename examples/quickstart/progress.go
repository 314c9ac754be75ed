//go:build cgo

package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// progress writes a line to a terminal about work that takes longer than a second.
type progress struct {
	mu          sync.Mutex
	what        string
	done, total int

	quit  chan struct{}
	ended sync.WaitGroup
}

func startProgress(w io.Writer) *progress {
	p := &progress{quit: make(chan struct{})}
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			p.ended.Go(func() { p.show(w) })
		}
	}
	return p
}

func (p *progress) set(what string, done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.what, p.done, p.total = what, done, total
}

func (p *progress) show(w io.Writer) {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	shown := false
	for {
		select {
		case <-p.quit:
			if shown {
				fmt.Fprint(w, "\r\033[K")
			}
			return
		case <-timer.C:
			p.mu.Lock()
			fmt.Fprintf(w, "\r\033[K%s: %d of %d", p.what, p.done, p.total)
			p.mu.Unlock()
			shown = true
			timer.Reset(200 * time.Millisecond)
		}
	}
}

func (p *progress) stop() {
	close(p.quit)
	p.ended.Wait()
}
