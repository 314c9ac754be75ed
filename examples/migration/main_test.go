//go:build cgo

package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/examples/internal/cluster"
	"github.com/concord-go/concord/registry"
)

// childEnv holds the arguments of a process that will be killed.
const childEnv = "CONCORD_MIGRATION_CHILD"

func TestMain(m *testing.M) {
	if args := os.Getenv(childEnv); args != "" {
		if err := run(context.Background(), strings.Fields(args), io.Discard, os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestTheMigrationCompletes(t *testing.T) {
	t.Parallel()
	var out, errOut bytes.Buffer
	if err := run(testContext(t), []string{"-events", "700"}, &out, &errOut); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{
		"READER_FIELD_MISSING_DEFAULT_VALUE",
		"700 events: each handled once by the consumer of both topics and written once to user-events.v2, 350 of them converted\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("not printed: %s\n%s", want, out.String())
		}
	}
	if errOut.Len() > 0 {
		t.Errorf("printed to standard error: %s", errOut.String())
	}
}

// The conversion service is killed repeatedly while events arrive.
func TestTheConversionIsExactlyOnce(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	open := cluster.Flags(flag.NewFlagSet("", flag.ContinueOnError))
	c, err := open(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if err := c.Topics(ctx, oldTopic, newTopic, deadTopic); err != nil {
		t.Fatal(err)
	}
	for topic, text := range map[string]string{oldTopic: schemaV1, newTopic: schemaV2} {
		if _, err := c.Registry.Register(ctx, registry.Subject(topic+"-value"), registry.Schema{Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	const events, rounds = 3000, 3
	for round := range rounds {
		if err := produce(ctx, c, oldTopic, schemaV1, eventV1, events/rounds*round, events/rounds*(round+1)); err != nil {
			t.Fatal(err)
		}
		child := exec.CommandContext(ctx, os.Args[0])
		child.Env = append(os.Environ(), childEnv+"=convert -bootstrap "+c.Bootstrap+" -registry "+c.RegistryURL)
		var errOut bytes.Buffer
		child.Stderr = &errOut
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		// Kill it in the middle of the round, if possible: after its first commit.
		for n := int64(events); n > int64(events/rounds)*9/10; {
			if n, err = behind(ctx, c, conversion, oldTopic); err != nil {
				t.Fatalf("%v: %s", err, errOut.String())
			}
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := child.Wait(); child.ProcessState.ExitCode() != -1 {
			t.Fatalf("the service exited by itself: %v: %s", err, errOut.String())
		}
	}
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	last := start(ctx, fail, "the conversion service", func(ctx context.Context) error { return convert(ctx, c) })
	for n := int64(-1); n != 0; {
		if n, err = behind(ctx, c, conversion, oldTopic); err != nil {
			t.Fatal(err)
		}
		if !sleep(ctx, 50*time.Millisecond) {
			t.Fatalf("the service does not reach the end: %v", context.Cause(ctx))
		}
	}
	if err := last.end(); err != nil {
		t.Fatal(err)
	}
	all := newTally()
	lastOf := make(map[string]int64)
	if err := consume(ctx, c, "reader", true, []string{newTopic}, func(e UserEventV2, m *concord.Message[string, UserEvent]) error {
		all.mu.Lock()
		if number := e.OccurredAt.Unix(); number < lastOf[m.Key] {
			t.Errorf("an event of %s comes after a later one", m.Key)
		} else {
			lastOf[m.Key] = number
		}
		all.mu.Unlock()
		return all.add(e, m)
	}, concord.WithStopAtEnd()); err != nil {
		t.Fatal(err)
	}
	if err := all.check(events); err != nil {
		t.Error(err)
	}
}

func TestUpgradeRefusesMalformedEvents(t *testing.T) {
	t.Parallel()
	for i := range 20 {
		if got, err := upgrade(eventV1(i)); err != nil || got != eventV2(i) {
			t.Errorf("event %d: %+v, %v", i, got, err)
		}
	}
	for _, old := range []UserEventV1{
		{UserID: "acme", EventTime: "2026-01-01T12:00:00Z"}, {UserID: "/1", EventTime: "2026-01-01T12:00:00Z"}, {UserID: "acme/x", EventTime: "2026-01-01T12:00:00Z"},
		{UserID: "acme/1", EventTime: "yesterday"},
	} {
		if got, err := upgrade(old); err == nil {
			t.Errorf("%+v became %+v", old, got)
		}
	}
}

func TestInvalidArgumentsAreRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-bootstrap", "localhost:1"}, {"-events", "1"}, {"convert", "-registry", "http://localhost:1"}, {"-nonsense"}} {
		if err := run(context.Background(), args, io.Discard, io.Discard); err == nil || errors.Is(err, context.Canceled) {
			t.Errorf("%v: %v", args, err)
		}
	}
}
