// Package cli is the concord command: one file a subcommand.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// command is one subcommand. run gets its arguments, parsed by flags, and works
// until it is done or ctx is.
type command struct {
	name    string
	summary string
	run     func(ctx context.Context, e *env, args []string) error
}

// env is what a command may touch of the outside.
type env struct {
	stdout, stderr io.Writer
}

func commands() []command {
	return []command{
		{"gen", "write Go code for schemas: concord gen avro", runGen},
		{"dev", "run a Kafka broker and a Schema Registry until interrupted", runDev},
		{"version", "print the version", runVersion},
	}
}

// usageError is an error in how a command was called.
type usageError struct{ text string }

func (u usageError) Error() string { return u.text }

// Main runs the command that args name and returns the exit code: 0 when it did
// its work, 1 when it failed, 2 when it was called wrongly. An interrupt or
// SIGTERM ends a command in good order; a second one at once.
func Main(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return run(ctx, &env{stdout: stdout, stderr: stderr}, args)
}

func run(ctx context.Context, e *env, args []string) int {
	if len(args) == 0 {
		printUsage(e.stderr)
		return exitUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		printUsage(e.stdout)
		return exitOK
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		err := c.run(ctx, e, args[1:])
		var usage usageError
		switch {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return exitOK
		case errors.As(err, &usage):
			fmt.Fprintf(e.stderr, "concord %s: %v\n", c.name, err)
			return exitUsage
		}
		fmt.Fprintf(e.stderr, "concord %s: %v\n", c.name, err)
		return exitFailed
	}
	fmt.Fprintf(e.stderr, "concord: there is no command %q\n\n", args[0])
	printUsage(e.stderr)
	return exitUsage
}

func printUsage(w io.Writer) {
	var b strings.Builder
	b.WriteString("concord is the tool of the concord SDK for schema-governed Kafka.\n\nUsage:\n\n\tconcord COMMAND [FLAGS]\n\nCommands:\n\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "\t%-10s %s\n", c.name, c.summary)
	}
	b.WriteString("\n`concord COMMAND -h` lists the flags of a command.\n")
	io.WriteString(w, b.String())
}

// parse reads the flags of a command that takes nothing after them.
func parse(e *env, fs *flag.FlagSet, args []string) error {
	if err := parseWith(e, fs, args, ""); err != nil {
		return err
	}
	if fs.NArg() > 0 {
		return usageError{fmt.Sprintf("unexpected argument %q", fs.Arg(0))}
	}
	return nil
}

// parseWith reads a command's flags; what stands after them is in fs. takes says what
// that is, for the usage.
func parseWith(e *env, fs *flag.FlagSet, args []string, takes string) error {
	fs.SetOutput(io.Discard)
	err := fs.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		if takes != "" {
			takes = " " + takes
		}
		fmt.Fprintf(e.stdout, "Usage: concord %s [FLAGS]%s\n\n", fs.Name(), takes)
		fs.SetOutput(e.stdout)
		fs.PrintDefaults()
		return err
	case err != nil:
		return usageError{err.Error()}
	}
	return nil
}

func runVersion(_ context.Context, e *env, args []string) error {
	if err := parse(e, flag.NewFlagSet("version", flag.ContinueOnError), args); err != nil {
		return err
	}
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	_, err := fmt.Fprintln(e.stdout, "concord", version)
	return err
}
