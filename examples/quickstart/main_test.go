//go:build cgo

package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"
)

func TestEachVersionReadsTheOther(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var out, errOut bytes.Buffer
	if err := run(ctx, []string{"-events", "9"}, &out, &errOut); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		// Written under version 1, read by version 2: new fields have their
		// defaults, renamed fields keep their values.
		`written under schema 1: {"UserID":"u101","EventTime":"2026-01-01T12:00:01Z","Action":"CLICK","Clicks":1,"IPAddress":"192.0.2.7","Country":"unknown",` +
			`"Device":{"OS":"linux","Kind":"PHONE","Memory":8,"Language":"en","Model":"generic"},"Items":[{"SKU":"tea","State":"IN_CART","Quantity":1,"Color":"green","Currency":"EUR"}]}`,
		// Written under version 2, read by version 1: symbols it does not know
		// become its enum's default, removed fields get theirs.
		`written under schema 2: {"UserID":"u105","EventTime":"2026-01-01T12:00:05Z","Action":"VIEW","Clicks":5,"IP":"","Campaign":"",` +
			`"Device":{"OS":"linux","Kind":"DESKTOP","Memory":4,"Lang":"","Screen":""},"Items":[{"SKU":"mug","State":"SEEN","Quantity":2,"Colour":"","Shelf":""}]}`,
		"9 events produced, 4 under schema 1 and 5 under schema 2; all read twice: 9 by version 2, 9 by version 1\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("not printed: %s", want)
		}
	}
	if t.Failed() {
		t.Logf("printed:\n%s", out.String())
	}
	if errOut.Len() > 0 {
		t.Errorf("printed to standard error:\n%s", errOut.String())
	}
}

func TestHalfAClusterIsRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-bootstrap", "localhost:1"}, {"-registry", "http://localhost:1"}, {"-events", "1"}, {"-nonsense"}} {
		if err := run(context.Background(), args, new(bytes.Buffer), new(bytes.Buffer)); err == nil {
			t.Errorf("%v: accepted", args)
		}
	}
}
