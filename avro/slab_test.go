package avro_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/avro"
)

// Strings of all lengths, around those at which they begin to share memory or stop
// to, in one datum and over several.
func TestStringsOfEveryLengthAreKept(t *testing.T) {
	t.Parallel()
	s := avro.MustParse(`{"type":"array","items":"string"}`)
	enc, err := avro.NewEncoder[[]string](s)
	if err != nil {
		t.Fatal(err)
	}
	dec, err := avro.NewDecoder[[]string](s, nil)
	if err != nil {
		t.Fatal(err)
	}
	var kept, want [][]string
	for shift := range 7 {
		var v []string
		for n := 0; n < 300; n += 1 + shift {
			v = append(v, strings.Repeat(fmt.Sprint(n%10), n))
		}
		payload, err := enc.AppendEncode(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		if err := dec.Decode(payload, &got); err != nil {
			t.Fatal(err)
		}
		clear(payload)
		kept, want = append(kept, got), append(want, v)
	}
	if d := cmp.Diff(want, kept); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
