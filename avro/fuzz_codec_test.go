package avro_test

import (
	"bytes"
	"errors"
	"runtime"
	"testing"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/serde"
)

const everyKind = `{"type":"record","name":"Every","fields":[
	{"name":"b","type":"boolean"},{"name":"i","type":"int"},{"name":"l","type":"long"},{"name":"f","type":"float"},{"name":"d","type":"double"},
	{"name":"y","type":"bytes"},{"name":"s","type":"string"},{"name":"x","type":{"type":"fixed","name":"X","size":3}},
	{"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"]}},
	{"name":"u","type":["null","int","string",{"type":"array","items":["null","long"]}]},
	{"name":"t","type":{"type":"long","logicalType":"timestamp-micros"}},
	{"name":"c","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
	{"name":"m","type":{"type":"map","values":{"type":"map","values":"null"}}},
	{"name":"r","type":["null","Every"]},
	{"name":"z","type":{"type":"array","items":{"type":"record","name":"Z","fields":[]}}}]}`

// FuzzDecode feeds any bytes to the typed, the dynamic and the skipping way of a few
// schemas. Nothing may panic or take more memory than the limits allow, every
// error has a class, and what typed decoding takes survives a round trip.
func FuzzDecode(f *testing.F) {
	type typed struct {
		decode  func([]byte) error
		dynamic func([]byte) error
		skip    func([]byte) error
	}
	var ways []typed
	add := func(schema string, decode func([]byte) error) {
		w := avro.MustParse(`{"type":"record","name":"W","fields":[{"name":"v","type":` + schema + `}]}`)
		dynamic, err := avro.NewDecoder[any](avro.MustParse(schema), nil)
		if err != nil {
			f.Fatal(err)
		}
		skip, err := avro.NewDecoder[nothing](w, avro.MustParse(`{"type":"record","name":"W","fields":[]}`))
		if err != nil {
			f.Fatal(err)
		}
		ways = append(ways, typed{decode, func(b []byte) error { var v any; return dynamic.Decode(b, &v) }, func(b []byte) error { return skip.Decode(b, &nothing{}) }})
	}
	enc, err := avro.NewEncoder[userEvent](userEventParsed)
	if err != nil {
		f.Fatal(err)
	}
	dec, err := avro.NewDecoder[userEvent](userEventParsed, nil)
	if err != nil {
		f.Fatal(err)
	}
	add(userEventSchema, func(b []byte) error {
		var v, again userEvent
		if err := dec.Decode(b, &v); err != nil {
			return err
		}
		once, err := enc.AppendEncode(nil, v)
		if err != nil {
			return err
		}
		return dec.Decode(once, &again)
	})
	every := avro.MustParse(everyKind)
	everyDec, err := avro.NewDecoder[map[string]any](every, every)
	if err != nil {
		f.Fatal(err)
	}
	everyEnc, err := avro.NewEncoder[map[string]any](every)
	if err != nil {
		f.Fatal(err)
	}
	add(everyKind, func(b []byte) error {
		var v map[string]any
		if err := everyDec.Decode(b, &v); err != nil {
			return err
		}
		_, err := everyEnc.AppendEncode(nil, v)
		return err
	})
	list, err := avro.NewDecoder[linked](avro.MustParse(nodeSchema), nil)
	if err != nil {
		f.Fatal(err)
	}
	add(nodeSchema, func(b []byte) error { return list.Decode(b, &linked{}) })

	sample, err := enc.AppendEncode(nil, sampleEvent())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sample)
	f.Add(bytes.Repeat([]byte{2}, 2000))
	f.Add(long(-1, 4, 1, 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for i, w := range ways {
			typed, dynamic, skip := w.decode(b), w.dynamic(b), w.skip(b)
			for _, err := range []error{typed, dynamic, skip} {
				if err != nil && serde.ClassOf(err) == serde.Unclassified {
					t.Fatalf("schema %d: an error without a class: %v", i, err)
				}
			}
			if (typed == nil) != (dynamic == nil) && !errors.Is(typed, serde.LimitExceeded) && !errors.Is(dynamic, serde.LimitExceeded) {
				t.Fatalf("schema %d: typed %v, dynamic %v", i, typed, dynamic)
			}
			if dynamic == nil && skip != nil && !errors.Is(skip, serde.LimitExceeded) {
				t.Fatalf("schema %d: skipping: %v", i, skip)
			}
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 16<<20+4096*uint64(len(b)) {
			t.Fatalf("%d bytes allocated for a payload of %d", n, len(b))
		}
	})
}

// FuzzResolve compiles any two schemas that parse. Nothing may panic; and what
// compiles reads any bytes without a panic.
func FuzzResolve(f *testing.F) {
	for _, s := range []string{`"int"`, `["null","long"]`, everyKind, userEventSchema, nodeSchema, `{"type":"record","name":"a.node","fields":[{"name":"next","type":["node","null"]},{"name":"v","type":"int","default":1}]}`} {
		f.Add(s, s, []byte{2, 2, 2, 0})
		f.Add(s, `["null","double",`+nodeSchema+`]`, []byte{2, 2, 2, 0})
	}
	f.Fuzz(func(t *testing.T, writer, reader string, payload []byte) {
		w, err := avro.Parse(writer, avro.WithDefaultCheck(avro.IgnoreDefaults))
		if err != nil {
			return
		}
		r, err := avro.Parse(reader)
		if err != nil {
			return
		}
		compatible := len(avro.CheckCompatibility(w, r)) == 0
		dec, err := avro.NewDecoder[any](w, r)
		if err != nil {
			if serde.ClassOf(err) == serde.Unclassified {
				t.Fatalf("an error without a class: %v", err)
			}
			var re *avro.ResolveError
			if compatible && errors.As(err, &re) && !logicalOnly(re) {
				t.Fatalf("the check finds nothing, the compiler: %v", err)
			}
			return
		}
		var v any
		if err := dec.Decode(payload, &v); err != nil && serde.ClassOf(err) == serde.Unclassified {
			t.Fatalf("an error without a class: %v", err)
		}
	})
}

// logicalOnly reports whether all reasons are of the kind that the compatibility
// check, which knows no logical types, cannot find.
func logicalOnly(e *avro.ResolveError) bool {
	for _, r := range e.Reasons {
		if r.Kind != avro.TypeMismatch && r.Kind != avro.MissingUnionBranch {
			return false
		}
	}
	return true
}
