//go:build cgo

// Soak tests the guarantees of the runtime for a long time: nothing is lost and nothing is duplicated while processes are
// killed, brokers restart and the registry is unavailable.
//
//	go run ./internal/soak                  # all trials, about 20 minutes
//	go run ./internal/soak transform        # one of them
//	go run ./internal/soak -short           # each in seconds, as the package's test does
//
// It starts its own brokers and registry. With -bootstrap HOST:PORT it uses yours and does not restart them.
// The exit status is 1 if a guarantee was broken.
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

// trial is a guarantee and its test.
type trial struct {
	name, about string
	run         func(ctx context.Context, s *soak) error
}

var trials = []trial{
	{"handle", "consumers are killed and restarted, brokers go down and come back: no event is lost", handleLedger},
	{"transform", "the same with Transform: no event is lost or duplicated", transformLedger},
	{"registry", "the registry is unavailable while events arrive under new schemas: nothing is lost or dead-lettered", registryOutage},
	{"poison", "records that cannot be read, of every kind: exactly these are dead-lettered, unchanged, and the others are handled in order", poison},
	{"deadletters", "the dead-letter topic is missing, then refuses records: nothing is skipped or lost", deadLettersUnavailable},
	{"slow", "a partition has a slow handler: records in flight are bounded, the member stays in the group, other partitions continue", slowHandler},
	{"cycles", "clients are opened and closed repeatedly: goroutines, files and memory return to their former level", cycles},
}

// soak is the environment of the trials.
type soak struct {
	out       io.Writer
	bootstrap string // of the user's brokers; empty: start some
	short     bool
}

// size returns full, or short in the short form.
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
	fs.StringVar(&s.bootstrap, "bootstrap", "", "`HOST:PORT` of brokers; empty starts embedded ones")
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
