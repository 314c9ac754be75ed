package avro

import (
	"fmt"
	"reflect"
	"sync"

	"github.com/concord-go/concord/avro/wire"
	"github.com/concord-go/concord/serde"
)

// Generated is what concord gen avro makes for a record besides its methods; programs
// have no use for it. The generated functions know one schema alone and say only that
// something is wrong; what and where is said by a plan, which does the same work again.
type Generated[T any] struct {
	Schema string // the type's own
	Levels int    // how deeply a value is nested, one within another of its own type apart
	Append func(v *T, dst []byte, m wire.Mode) (out []byte, ok bool)
	Decode func(v *T, r *wire.Reader, pos int) (next int)

	parsed  sync.Once
	schema  *Schema
	compile sync.Once
	encoder *Encoder[T]
	decoder *Decoder[T]
	err     error
}

// GeneratedCode is a [Generated] of any type: what the generated method AvroCode
// returns, by which [NewEncoder] and [NewDecoder] find it.
type GeneratedCode interface {
	typ() reflect.Type
	own() *Schema // nil where it cannot be parsed
	levels() int
	append(v any, dst []byte, m wire.Mode) ([]byte, bool)
	decode(v any, r *wire.Reader, pos int) int
}

func (g *Generated[T]) typ() reflect.Type { return reflect.TypeFor[T]() }
func (g *Generated[T]) levels() int       { return g.Levels }

func (g *Generated[T]) own() *Schema {
	g.parsed.Do(func() { g.schema, _ = Parse(g.Schema) })
	return g.schema
}

func (g *Generated[T]) append(v any, dst []byte, m wire.Mode) ([]byte, bool) {
	p := v.(*T)
	if p == nil {
		return dst, false
	}
	return g.Append(p, dst, m)
}

func (g *Generated[T]) decode(v any, r *wire.Reader, pos int) int { return g.Decode(v.(*T), r, pos) }

// plans compiles the plans for the type's own schema, once.
func (g *Generated[T]) plans() error {
	g.compile.Do(func() {
		var s *Schema
		if s, g.err = Parse(g.Schema); g.err != nil {
			return
		}
		if g.encoder, g.err = NewEncoder[T](s); g.err != nil {
			return
		}
		g.decoder, g.err = NewDecoder[T](s, nil)
		g.encoder.generated, g.decoder.generated = nil, nil
	})
	return g.err
}

// AppendByPlan is AppendAvro without the generated code.
func (g *Generated[T]) AppendByPlan(dst []byte, v *T) ([]byte, error) {
	switch {
	case v == nil:
		return dst, &EncodeError{Err: &fault{serde.TypeMismatch, fmt.Sprintf("the *%s is nil", g.typ())}}
	case g.plans() != nil:
		return dst, g.err
	}
	return g.encoder.AppendEncode(dst, *v)
}

// DecodeByPlan is DecodeAvro without the generated code.
func (g *Generated[T]) DecodeByPlan(payload []byte, v *T) error {
	switch {
	case v == nil:
		return &DecodeError{Err: &fault{serde.TypeMismatch, fmt.Sprintf("the *%s is nil", g.typ())}}
	case g.plans() != nil:
		return g.err
	}
	return g.decoder.Decode(payload, v)
}

// generatedCode is the code that was generated for t, or for what t points to, where data
// of all the schemas are the same as those of its own; nil where there is none.
func generatedCode(t reflect.Type, schemas ...*Schema) GeneratedCode {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	code := codeOf(t)
	// A struct that embeds a generated one has the method, too.
	if code == nil || code.typ() != t || code.own() == nil {
		return nil
	}
	for _, s := range schemas {
		if !sameData(s, code.own(), make(map[typePair]bool)) {
			return nil
		}
	}
	return code
}

func codeOf(t reflect.Type) (code GeneratedCode) {
	defer func() {
		if recover() != nil { // an embedded interface has the method, and is nil
			code = nil
		}
	}()
	if v, ok := reflect.New(t).Interface().(interface{ AvroCode() GeneratedCode }); ok {
		return v.AvroCode()
	}
	return nil
}

// sameData reports whether data of the two have the same bytes and meaning: only docs,
// defaults, aliases and unknown attributes may differ. seen are the pairs looked at.
func sameData(a, b *Schema, seen map[typePair]bool) bool {
	if a == b || seen[typePair{a, b}] {
		return true
	}
	seen[typePair{a, b}] = true
	if a.kind != b.kind || a.name != b.name || a.size != b.size || a.logical != b.logical ||
		len(a.fields) != len(b.fields) || len(a.branches) != len(b.branches) || len(a.symbols) != len(b.symbols) {
		return false
	}
	for i := range a.symbols {
		if a.symbols[i] != b.symbols[i] {
			return false
		}
	}
	for i := range a.fields {
		if a.fields[i].name != b.fields[i].name || !sameData(a.fields[i].typ, b.fields[i].typ, seen) {
			return false
		}
	}
	for i := range a.branches {
		if !sameData(a.branches[i], b.branches[i], seen) {
			return false
		}
	}
	return a.items == nil || sameData(a.items, b.items, seen)
}
