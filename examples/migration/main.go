//go:build cgo

// Migration migrates a topic over a breaking change of its schema, while producers and consumers run.
//
//	go run ./examples/migration            # the whole procedure, with an embedded broker and registry
//	go run ./examples/migration convert -bootstrap HOST:PORT -registry URL
//
// The second command is the conversion service alone. README.md explains the procedure.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/concord-go/concord/examples/internal/cluster"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "migration:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	what := "story"
	if len(args) > 0 && args[0] == "convert" {
		what, args = args[0], args[1:]
	}
	fs := flag.NewFlagSet("migration", flag.ContinueOnError)
	fs.SetOutput(errOut)
	open := cluster.Flags(fs)
	events := fs.Int("events", 60, "number of events")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	if *events < 10 {
		return fmt.Errorf("-events %d: want 10 or more", *events)
	}
	c, err := open(out)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Topics(ctx, oldTopic, newTopic, deadTopic); err != nil {
		return err
	}
	if what == "convert" {
		return convert(ctx, c)
	}
	return (&story{cluster: c, events: *events, out: out}).tell(ctx)
}
