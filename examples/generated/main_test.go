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
	if err := run(ctx, nil, &out, &errOut); err != nil {
		t.Fatal(err)
	}
	const want = `o-1, placed 2031-05-06 07:08:09, PAID: 2 x sku-7 at 19.99, by card ending in 4242
o-2, placed 2031-05-06 08:08:09, NEW: 1 x sku-8 at 5.00, by invoice in 30 days (by the back door)
`
	if !strings.HasSuffix(out.String(), "\n"+want) || errOut.Len() > 0 {
		t.Errorf("printed:\n%s%s", out.String(), errOut.String())
	}
}

func TestHalfAClusterIsRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-bootstrap", "localhost:1"}, {"-registry", "http://localhost:1"}} {
		if err := run(context.Background(), args, new(bytes.Buffer), new(bytes.Buffer)); err == nil {
			t.Errorf("%v: taken", args)
		}
	}
}
