package avro_test

import (
	"errors"
	"math"
	"testing"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/serde"
)

func TestALongIsReadAsAnIntOnlyWhereThatIsAllowed(t *testing.T) {
	t.Parallel()
	writer := avro.MustParse(`{"type":"record","name":"R","fields":[{"name":"n","type":"long"},{"name":"m","type":["null","long"]}]}`)
	reader := avro.MustParse(`{"type":"record","name":"R","fields":[{"name":"n","type":"int"},{"name":"m","type":["null","int"]}]}`)
	type wide struct {
		N int64  `avro:"n"`
		M *int64 `avro:"m"`
	}
	type narrow struct {
		N int32  `avro:"n"`
		M *int32 `avro:"m"`
	}
	if _, err := avro.NewDecoder[narrow](writer, reader); !errors.Is(err, serde.Incompatible) {
		t.Fatalf("without the option: %v, want class %v", err, serde.Incompatible)
	}
	typed, err := avro.NewDecoder[narrow](writer, reader, avro.AllowNarrowing())
	if err != nil {
		t.Fatal(err)
	}
	intoWide, err := avro.NewDecoder[wide](writer, reader, avro.AllowNarrowing())
	if err != nil {
		t.Fatal(err)
	}
	dynamic, err := avro.NewDecoder[any](writer, reader, avro.AllowNarrowing())
	if err != nil {
		t.Fatal(err)
	}
	encoder, err := avro.NewEncoder[wide](writer)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []int64{0, -1, math.MaxInt32, math.MinInt32, math.MaxInt32 + 1, math.MinInt32 - 1, math.MaxInt64, math.MinInt64} {
		fits := int64(int32(v)) == v
		for _, w := range []wide{{N: v}, {M: &v}} {
			payload, err := encoder.AppendEncode(nil, w)
			if err != nil {
				t.Fatal(err)
			}
			var got narrow
			err = typed.Decode(payload, &got)
			if fits != (err == nil) || !fits && !errors.Is(err, serde.TypeMismatch) {
				t.Errorf("%d into an int32: %v", v, err)
			}
			if fits && (int64(got.N) != w.N || (got.M != nil) != (w.M != nil) || got.M != nil && int64(*got.M) != v) {
				t.Errorf("%d was read as %+v", v, got)
			}
			if err := intoWide.Decode(payload, &wide{}); fits != (err == nil) {
				t.Errorf("%d into an int64 that the reader schema calls an int: %v", v, err)
			}
			var value any
			err = dynamic.Decode(payload, &value)
			if fits != (err == nil) || !fits && !errors.Is(err, serde.TypeMismatch) {
				t.Errorf("%d into a dynamic value: %v", v, err)
			}
		}
	}
}
