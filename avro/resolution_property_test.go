package avro_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/serde"
)

// What the check takes can be read, whatever the data, and what is in both schemas keeps
// its value. What it refuses has reasons with places, and only data that need it fail.
func TestCheckAndDecoderAgreeOnMutatedSchemas(t *testing.T) {
	t.Parallel()
	m := &mutator{generator: &generator{Rand: rand.New(rand.NewPCG(11, 12))}}
	counts := map[string]int{}
	for range 6000 {
		generated, text, ok := m.pair()
		if !ok {
			continue
		}
		w, r := avro.MustParse(generated.text), avro.MustParse(text)
		about := fmt.Sprintf("\n%s\nread as\n%s", generated.text, text)
		found := avro.CheckCompatibility(w, r)
		for _, i := range found {
			checkLocated(t, about, i, generated.text, text)
		}
		d, err := avro.NewDecoder[any](w, r, avro.WithRawStrings())
		var re *avro.ResolveError
		switch {
		case err == nil:
		case !errors.As(err, &re) || len(re.Reasons) == 0 || len(found) == 0 && !m.logical:
			t.Fatalf("%v, the check finds %v%s", err, found, about)
		default:
			for _, i := range re.Reasons {
				checkLocated(t, about, i, generated.text, text)
			}
			counts["refused"]++
			continue
		}
		for range 3 {
			payload := write(t, w, generated.value())
			var got any
			switch err := d.Decode(payload, &got); {
			case err == nil:
				counts["read"]++
				written, err := readAs[any](w, w, payload)
				if err != nil {
					t.Fatal(err)
				}
				counts["kept"] += checkKept(t, about, w, r, written, got)
				if _, err := readAs[any](w, r, payload); err == nil && !m.logical { // without raw strings, too
					counts["typed"]++
					checkTyped(t, about, w, r, payload, got)
				}
			case len(found) > 0 && errors.Is(err, serde.Incompatible):
				counts["late"]++
			case m.logical && (errors.Is(err, serde.TypeMismatch) || errors.Is(err, serde.Incompatible)):
				counts["lost"]++
			default:
				t.Fatalf("%v, the check finds %v%s", err, found, about)
			}
			if t.Failed() {
				return
			}
		}
	}
	for what, least := range map[string]int{"refused": 300, "read": 8000, "kept": 8000, "typed": 8000, "late": 500, "lost": 30} {
		if counts[what] < least {
			t.Errorf("%d %s, want at least %d: the pairs are no test", counts[what], what, least)
		}
	}
}

// checkLocated: a reason has a kind, words, and places that are in both texts.
func checkLocated(t *testing.T, about string, i avro.Incompatibility, writer, reader string) {
	t.Helper()
	switch i.Kind {
	case avro.NameMismatch, avro.FixedSizeMismatch, avro.MissingEnumSymbols, avro.ReaderFieldMissingDefaultValue, avro.TypeMismatch, avro.MissingUnionBranch, avro.AmbiguousAlias:
	default:
		t.Fatalf("the kind %q%s", i.Kind, about)
	}
	if i.Message == "" {
		t.Fatalf("%s has no words%s", i, about)
	}
	if !placeExists(writer, i.WriterPath, false) {
		t.Fatalf("%s: the writer has no place %s%s", i, i.WriterPath, about)
	}
	if !placeExists(reader, i.Path, true) {
		t.Fatalf("%s: the reader has no place %s%s", i, i.Path, about)
	}
}

// placeExists follows a JSON pointer through a schema's text, and through the names of
// types to their definitions. The path in a reader may have indexes of the writer's
// branches: where the reader has no union, or at the end.
func placeExists(text, pointer string, branches bool) bool {
	var node any
	if err := json.Unmarshal([]byte(text), &node); err != nil {
		return false
	}
	types := map[string]any{}
	collectTypes(node, types)
	tokens := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	if pointer == "/" || pointer == "" {
		tokens = nil
	}
	for n, token := range tokens {
		if name, ok := node.(string); ok && types[localName(name)] != nil {
			node = types[localName(name)]
		}
		switch at := node.(type) {
		case map[string]any:
			if _, err := strconv.Atoi(token); err == nil && branches {
				continue
			}
			if at[token] == nil {
				return false
			}
			node = at[token]
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 {
				return false
			}
			if i >= len(at) {
				return branches && n == len(tokens)-1
			}
			node = at[i]
		default: // a primitive
			if _, err := strconv.Atoi(token); err != nil || !branches {
				return false
			}
		}
	}
	return true
}

func localName(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

func collectTypes(node any, into map[string]any) {
	switch node := node.(type) {
	case map[string]any:
		if name, ok := node["name"].(string); ok && (node["fields"] != nil || node["symbols"] != nil || node["size"] != nil) {
			into[localName(name)] = node
		}
		for _, v := range node {
			collectTypes(v, into)
		}
	case []any:
		for _, v := range node {
			collectTypes(v, into)
		}
	}
}

// checkKept compares what both schemas have with the same type, and returns how much that is.
func checkKept(t *testing.T, about string, w, r *avro.Schema, written, read any) (n int) {
	t.Helper()
	if w.String() == r.String() {
		if d := cmp.Diff(written, read, sameRat, sameBits); d != "" {
			t.Errorf("%s is not kept (-written +read):\n%s%s", w, d, about)
		}
		return 1
	}
	if w.Kind() != r.Kind() {
		return 0
	}
	switch r.Kind() {
	case avro.Record:
		for _, f := range r.Fields() {
			if g := fieldFor(w, f); g != nil {
				n += checkKept(t, about, g.Type(), f.Type(), written.(map[string]any)[g.Name()], read.(map[string]any)[f.Name()])
			}
		}
	case avro.Array:
		items, got := written.([]any), read.([]any)
		if len(items) != len(got) {
			t.Errorf("%d items of %d%s", len(got), len(items), about)
			return n
		}
		for i := range items {
			n += checkKept(t, about, w.Items(), r.Items(), items[i], got[i])
		}
	case avro.Map:
		for k, v := range written.(map[string]any) {
			got, ok := read.(map[string]any)[k]
			if !ok {
				t.Errorf("an entry is lost%s", about)
				continue
			}
			n += checkKept(t, about, w.Items(), r.Items(), v, got)
		}
	}
	return n
}

// fieldFor is the writer's field that the reader's field f reads.
func fieldFor(w *avro.Schema, f avro.Field) *avro.Field {
	for _, name := range append([]string{f.Name()}, f.Aliases()...) {
		for _, g := range w.Fields() {
			if g.Name() == name {
				return &g
			}
		}
	}
	return nil
}

// What is written is read again, and a reader that lacks it passes over the same bytes: it
// refuses what decoding refuses, but for numbers that only their Go type cannot hold.
func TestSkippingTakesWhatDecodingTakes(t *testing.T) {
	t.Parallel()
	g := &generator{Rand: rand.New(rand.NewPCG(13, 14))}
	none := avro.MustParse(`{"type":"record","name":"W","fields":[]}`)
	taken, refused := 0, 0
	for range 800 {
		schema := g.schema(3)
		s := avro.MustParse(schema.text)
		record := avro.MustParse(`{"type":"record","name":"W","fields":[{"name":"x","type":` + schema.text + `}]}`)
		want := schema.value()
		payload := write(t, s, want)
		got, err := readAs[any](s, s, payload)
		if d := cmp.Diff(want, got, sameRat); err != nil || d != "" {
			t.Fatalf("%s: %v (-want +got):\n%s", s, err, d)
		}
		if err := skipped(t, schema.text, payload); err != nil {
			t.Fatalf("%s: % x skipped: %v", s, payload, err)
		}
		for range 20 {
			broken := append([]byte{}, payload...)
			if len(broken) > 0 {
				broken[g.IntN(len(broken))] ^= 1 << g.IntN(8)
			}
			if g.IntN(4) == 0 {
				broken = broken[:g.IntN(len(broken)+1)]
			}
			_, err := readAs[any](s, s, broken)
			_, skipErr := readAs[any](record, none, broken)
			if skipErr == nil {
				taken++
			} else {
				refused++
			}
			if (err == nil) != (skipErr == nil) && !errors.Is(err, serde.TypeMismatch) {
				t.Fatalf("%s: % x: decoded with %v, skipped with %v", s, broken, err, skipErr)
			}
		}
	}
	if taken < 1000 || refused < 1000 {
		t.Errorf("%d taken, %d refused: the payloads are no test", taken, refused)
	}
}
