//go:build cgo

package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"
)

func TestTheExampleTellsItsStory(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var out, errOut bytes.Buffer
	if err := run(ctx, []string{"-events", "4"}, &out, &errOut); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), " source=web\n"); n != 4 || !strings.Contains(out.String(), "occurredAt=2024-09-25 10:40:00 +0000 UTC") {
		t.Errorf("printed:\n%s", out.String())
	}
	if errOut.Len() > 0 {
		t.Errorf("printed to standard error:\n%s", errOut.String())
	}
}

func TestHalfAClusterIsRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-bootstrap", "localhost:1"}, {"-registry", "http://localhost:1"}, {"-events", "0"}, {"-schema", "no such file"}} {
		if err := run(context.Background(), args, new(bytes.Buffer), new(bytes.Buffer)); err == nil {
			t.Errorf("%v: taken", args)
		}
	}
}
