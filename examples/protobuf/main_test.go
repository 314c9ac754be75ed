//go:build cgo

package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"
)

func TestEachMessageComesToItsHandler(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var out, errOut bytes.Buffer
	if err := run(ctx, nil, &out, &errOut); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{
		"ada signed up\n", "ben signed up\n", "ada left: REASON_MOVED\n",
		"acme.accounts.UserSignedUp, without generated code: user ben\n", "acme.accounts.UserLeft, without generated code: user ada\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("not printed: %s", want)
		}
	}
	if strings.Index(text, "ada left") < strings.Index(text, "ada signed up") {
		t.Error("out of order")
	}
	if t.Failed() {
		t.Log(text)
	}
	if errOut.Len() > 0 {
		t.Errorf("printed to standard error: %s", errOut.String())
	}
}
