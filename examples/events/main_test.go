//go:build cgo

package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestEachEventComesToItsHandlerInOrder(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var out, errOut bytes.Buffer
	if err := run(ctx, nil, &out, &errOut); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for i := range 3 {
		last := -1
		for _, line := range []string{"order-%d placed by ada\n", "order-%d paid by card\n", "order-%d shipped by post\n"} {
			at := strings.Index(text, fmt.Sprintf(line, i))
			if at <= last {
				t.Errorf("not printed, or out of order: "+line, i)
			}
			last = at
		}
	}
	if !strings.HasSuffix(text, "3 orders were shipped\n") {
		t.Error("the second consumer does not count to three")
	}
	if t.Failed() {
		t.Log(text)
	}
	if errOut.Len() > 0 {
		t.Errorf("printed to standard error: %s", errOut.String())
	}
}
