package avro_test

import (
	"bytes"
	"fmt"
	"math/big"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/avro"
)

// goType is a random Go type that fits s.
func (g *generator) goType(s *avro.Schema) reflect.Type {
	pick := func(types ...reflect.Type) reflect.Type { return types[g.IntN(len(types))] }
	switch s.Kind() {
	case avro.Null:
		return pick(reflect.TypeFor[struct{}](), reflect.TypeFor[*int](), reflect.TypeFor[any]())
	case avro.Boolean:
		return reflect.TypeFor[bool]()
	case avro.Int, avro.Long:
		raw := pick(reflect.TypeFor[int64](), reflect.TypeFor[named64]())
		if s.Kind() == avro.Int {
			raw = pick(raw, reflect.TypeFor[int32]())
		}
		switch s.Logical().Type {
		case avro.Date, avro.TimestampMillis, avro.TimestampMicros:
			return pick(raw, reflect.TypeFor[time.Time]())
		case avro.TimeMillis, avro.TimeMicros:
			return pick(raw, reflect.TypeFor[time.Duration]())
		}
		return raw
	case avro.Float:
		return pick(reflect.TypeFor[float32](), reflect.TypeFor[float64]())
	case avro.Double:
		return reflect.TypeFor[float64]()
	case avro.String:
		return pick(reflect.TypeFor[string](), reflect.TypeFor[namedString](), reflect.TypeFor[[]byte]())
	case avro.Bytes, avro.Fixed:
		types := []reflect.Type{reflect.TypeFor[[]byte]()}
		if s.Logical().Type == avro.Decimal {
			types = []reflect.Type{reflect.TypeFor[*big.Rat](), reflect.TypeFor[big.Rat]()}
		} else if s.Kind() == avro.Fixed {
			types = append(types, reflect.ArrayOf(s.Size(), reflect.TypeFor[byte]()))
		}
		return pick(types...)
	case avro.Enum:
		return pick(reflect.TypeFor[string](), reflect.TypeFor[namedString]())
	case avro.Array:
		return reflect.SliceOf(g.goType(s.Items()))
	case avro.Map:
		return reflect.MapOf(pick(reflect.TypeFor[string](), reflect.TypeFor[namedString]()), g.goType(s.Items()))
	case avro.Union:
		if bs := s.Branches(); len(bs) == 2 && (bs[0].Kind() == avro.Null) != (bs[1].Kind() == avro.Null) {
			b := bs[0]
			if b.Kind() == avro.Null {
				b = bs[1]
			}
			if t := g.goType(b); t.Kind() != reflect.Pointer && t.Kind() != reflect.Interface {
				return reflect.PointerTo(t)
			}
		}
		return reflect.TypeFor[any]()
	}
	var fields []reflect.StructField
	for i, f := range s.Fields() {
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: g.goType(f.Type()), Tag: reflect.StructTag(fmt.Sprintf(`avro:%q`, f.Name()))})
	}
	return reflect.StructOf(fields)
}

type (
	named64     int64
	namedString string
)

// A Go type made for a random schema reads what the dynamic way wrote, and writes the
// same bytes again; every prefix of them is refused.
func TestTypedAndDynamicValuesAgree(t *testing.T) {
	t.Parallel()
	g := &generator{Rand: rand.New(rand.NewPCG(3, 4))}
	for range 1500 {
		schema := g.schema(3)
		s := avro.MustParse(schema.text)
		typ := g.goType(s)
		codec, err := avro.NewReflectCodec(s, s, typ)
		if err != nil {
			t.Fatalf("%s: %v: %v", schema.text, typ, err)
		}
		used := reflect.New(typ)
		for range 3 {
			payload := write(t, s, schema.value())
			v, err := codec.Decode(payload)
			if err != nil {
				t.Fatalf("%s: %v: % x: %v", schema.text, typ, payload, err)
			}
			again, err := codec.Encode(v)
			if err != nil {
				t.Fatalf("%s: %v: %v", schema.text, typ, err)
			}
			if !bytes.Equal(payload, again) {
				t.Fatalf("%s: %v: % x became % x", schema.text, typ, payload, again)
			}
			for n := range payload {
				if _, err := codec.Decode(payload[:n]); err == nil {
					t.Fatalf("%s: %v: the first %d bytes of % x are taken", schema.text, typ, n, payload)
				}
				if n%16 == 0 { // what it leaves half done must not show later
					if err := codec.DecodeAgain(payload[:n], used); err == nil {
						t.Fatalf("%s: %v: the first %d bytes of % x are taken", schema.text, typ, n, payload)
					}
				}
			}
			if err := codec.DecodeAgain(payload, used); err != nil {
				t.Fatalf("%s: %v: % x into what was used before: %v", schema.text, typ, payload, err)
			}
			if again, err = codec.Encode(used); err != nil || !bytes.Equal(payload, again) {
				t.Fatalf("%s: %v: % x became % x, %v, in what was used before", schema.text, typ, payload, again, err)
			}
		}
	}
}

// evolution is a writer's schema, a reader's that can read it, and values of the writer's.
type evolution struct {
	writer, reader string
	value          func() any
}

func (g *generator) evolution(depth int) evolution {
	numbers := []string{"int", "long", "float", "double"}
	switch k := g.IntN(8); {
	case depth == 0 || k < 2:
		i := g.IntN(4)
		return evolution{fmt.Sprintf("%q", numbers[i]), fmt.Sprintf("%q", numbers[i+g.IntN(4-i)]), func() any { return g.IntN(1 << 20) }}
	case k == 2:
		name := g.name()
		return evolution{
			fmt.Sprintf(`{"type":"enum","name":%q,"symbols":["A","B","C"]}`, name), fmt.Sprintf(`{"type":"enum","name":%q,"symbols":["C","A"],"default":"A"}`, name),
			func() any { return string("ABC"[g.IntN(3)]) },
		}
	case k == 3:
		e := g.evolution(depth - 1)
		return evolution{`{"type":"array","items":` + e.writer + `}`, `{"type":"array","items":` + e.reader + `}`, func() any {
			v := []any{}
			for range g.IntN(3) {
				v = append(v, e.value())
			}
			return v
		}}
	case k == 4:
		e := g.evolution(depth - 1)
		return evolution{`{"type":"map","values":` + e.writer + `}`, `{"type":"map","values":` + e.reader + `}`, func() any { return map[string]any{"k": e.value()} }}
	case k == 5:
		e := g.evolution(depth - 1)
		if strings.HasPrefix(e.writer, "[") || strings.HasPrefix(e.reader, "[") {
			return e
		}
		return evolution{e.writer, `["null",` + e.reader + `]`, e.value}
	}
	name := g.name()
	var fields []evolution
	var writer, reader []string
	for i := range g.IntN(6) {
		f := g.evolution(depth - 1)
		fields = append(fields, f)
		writer = append(writer, fmt.Sprintf(`{"name":"f%d","type":%s}`, i, f.writer))
		switch g.IntN(4) {
		case 0: // removed
		case 1:
			reader = append(reader, fmt.Sprintf(`{"name":"g%d","aliases":["f%d"],"type":%s}`, i, i, f.reader))
		default:
			reader = append(reader, fmt.Sprintf(`{"name":"f%d","type":%s}`, i, f.reader))
		}
	}
	reader = append(reader, `{"name":"added","type":{"type":"array","items":"string"},"default":["x","y"]}`)
	g.Shuffle(len(reader), func(i, j int) { reader[i], reader[j] = reader[j], reader[i] })
	text := `{"type":"record","name":"%s","fields":[%s]}`
	return evolution{fmt.Sprintf(text, name, strings.Join(writer, ",")), fmt.Sprintf(text, name, strings.Join(reader, ",")), func() any {
		v := map[string]any{}
		for i, f := range fields {
			v[fmt.Sprintf("f%d", i)] = f.value()
		}
		return v
	}}
}

// What the compatibility check takes never fails to decode, and the typed and the
// dynamic way read the same.
func TestCompatibleSchemasAlwaysResolve(t *testing.T) {
	t.Parallel()
	g := &generator{Rand: rand.New(rand.NewPCG(5, 6))}
	for range 1500 {
		e := g.evolution(4)
		w, r := avro.MustParse(e.writer), avro.MustParse(e.reader)
		if found := avro.CheckCompatibility(w, r); len(found) > 0 {
			t.Fatalf("%s read as %s: %v", e.writer, e.reader, found)
		}
		payload := write(t, w, e.value())
		dynamic, err := readAs[any](w, r, payload)
		if err != nil {
			t.Fatalf("%s read as %s: %v", e.writer, e.reader, err)
		}
		typ := g.goType(r)
		codec, err := avro.NewReflectCodec(w, r, typ)
		if err != nil {
			t.Fatalf("%s read as %s into %v: %v", e.writer, e.reader, typ, err)
		}
		v, err := codec.Decode(payload)
		if err != nil {
			t.Fatalf("%s read as %s into %v: %v", e.writer, e.reader, typ, err)
		}
		resolved, err := codec.Encode(v)
		if err != nil {
			t.Fatal(err)
		}
		again, err := readAs[any](r, r, resolved)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(dynamic, again); d != "" {
			t.Fatalf("%s read as %s into %v (-dynamic +typed):\n%s", e.writer, e.reader, typ, d)
		}
	}
}
