//go:build cgo

package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// progress shows a progress line on a terminal when work takes longer than a second.
type progress struct {
	terminal io.Writer

	mu          sync.Mutex
	what        string
	done, total int
	shown       bool // the line is on the terminal

	quit  chan struct{}
	ended sync.WaitGroup
}

func startProgress(w io.Writer) *progress {
	p := &progress{terminal: w, quit: make(chan struct{})}
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			p.ended.Go(p.show)
		}
	}
	return p
}

func (p *progress) set(what string, done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.what, p.done, p.total = what, done, total
}

// printf prints a line of the program's output in place of the progress line.
func (p *progress) printf(w io.Writer, format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	fmt.Fprintf(w, format, args...)
}

func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.terminal, "\r\033[K")
		p.shown = false
	}
}

func (p *progress) show() {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	for {
		select {
		case <-p.quit:
			p.mu.Lock()
			defer p.mu.Unlock()
			p.clear()
			return
		case <-timer.C:
			p.mu.Lock()
			p.clear()
			fmt.Fprintf(p.terminal, "%s: %d of %d", p.what, p.done, p.total)
			p.shown = true
			p.mu.Unlock()
			timer.Reset(200 * time.Millisecond)
		}
	}
}

func (p *progress) stop() {
	close(p.quit)
	p.ended.Wait()
}
