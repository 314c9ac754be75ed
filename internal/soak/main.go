//go:build cgo

// Soak tries for a long time what users rely on: that nothing is lost and nothing is there twice, whatever is
// killed, restarted or away in the meantime.
//
//	go run ./internal/soak                  # all trials, about 20 minutes
//	go run ./internal/soak transform        # one of them
//	go run ./internal/soak -short           # each in seconds, as its test does
//
// It starts brokers and a registry of its own. With -bootstrap HOST:PORT the brokers are yours, and are
// not bounced. It ends with status 1 when a promise was broken.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"time"
)

// trial is a promise, and how it is tried.
type trial struct {
	name, about string
	run         func(ctx context.Context, s *soak) error
}

var trials = []trial{
	{"handle", "consumers that are killed and restarted, brokers that go and come: no event is lost", handleLedger},
	{"transform", "the same with Transform: no event is lost, none is there twice", transformLedger},
	{"registry", "a registry that is away while schemas arrive that nobody has read yet: nothing is lost, nothing becomes a dead letter", registryOutage},
	{"poison", "records that cannot be read, of every kind: they and no others become dead letters, as they are, and the others are handled in order", poison},
	{"deadletters", "a dead-letter topic that is missing, then refused: nothing is skipped, nothing is lost", deadLettersAway},
	{"slow", "a partition whose handler is slow: what is in hand is bounded, nobody leaves the group, the other partitions go on", slowHandler},
	{"cycles", "clients that are opened and closed again and again: goroutines, files and memory go back to where they were", cycles},
}

// soak is what the trials share: where they run, and how long.
type soak struct {
	out       io.Writer
	bootstrap string // of brokers that are not ours; else empty
	short     bool
}

// size is full in the long form and short in the other.
func size[T any](s *soak, full, short T) T {
	if s.short {
		return short
	}
	return full
}

func (s *soak) printf(format string, args ...any) { fmt.Fprintf(s.out, "  "+format+"\n", args...) }

func main() {
	if isChild() {
		os.Exit(child())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	fs := flag.NewFlagSet("soak", flag.ContinueOnError)
	s := &soak{out: out}
	fs.StringVar(&s.bootstrap, "bootstrap", "", "`HOST:PORT` of brokers; empty starts some here")
	fs.BoolVar(&s.short, "short", false, "the short form")
	if err := fs.Parse(args); err != nil {
		return err
	}
	for _, name := range fs.Args() {
		if !slices.ContainsFunc(trials, func(t trial) bool { return t.name == name }) {
			return fmt.Errorf("there is no trial %q", name)
		}
	}
	var broken []error
	for _, t := range trials {
		if fs.NArg() > 0 && !slices.Contains(fs.Args(), t.name) {
			continue
		}
		fmt.Fprintf(out, "%s: %s\n", t.name, t.about)
		began := time.Now()
		if err := t.run(ctx, s); err != nil {
			broken = append(broken, fmt.Errorf("%s: %w", t.name, err))
			s.printf("BROKEN: %v", err)
		}
		s.printf("%s", time.Since(began).Round(time.Second))
	}
	return errors.Join(broken...)
}
