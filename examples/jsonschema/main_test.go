package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestTheRefusedEventHasItsReasons(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"read back: {UserID:u123", "/userId: ", "/action: ", "/count: it is less than 1 (/properties/count/minimum)"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in:\n%s", want, out.String())
		}
	}
}
