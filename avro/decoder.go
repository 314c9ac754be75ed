package avro

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/concord-go/concord/avro/wire"
	"github.com/concord-go/concord/serde"
)

// Decoder reads Avro data of one writer schema into values of T as one reader schema
// has them. It is safe for concurrent use.
type Decoder[T any] struct {
	program *program
	config  decodeConfig
	limits  resolvedLimits
	strings wire.Strings

	generated GeneratedCode // nil where there is none for T and the schemas
	pointer   bool          // T is a pointer to the generated type
}

// NewDecoder resolves the writer schema to the reader schema (Avro 1.12, "Schema
// Resolution"), checks that T fits the reader schema, and compiles the plan by
// which data are read. Where reader is nil, it is the writer schema. The
// error is a [*ResolveError] or a [*FitError], which list every reason.
func NewDecoder[T any](writer, reader *Schema, opts ...DecoderOption) (*Decoder[T], error) {
	if writer == nil {
		return nil, errors.New("avro: NewDecoder needs a writer schema")
	}
	if reader == nil {
		reader = writer
	}
	d := &Decoder[T]{}
	for _, o := range opts {
		o.applyToDecoder(&d.config)
	}
	d.limits = d.config.limits.resolve()
	var err error
	d.program, err = compileDecode(writer, reader, reflect.TypeFor[T](), &d.config)
	if err != nil {
		return nil, err
	}
	switch {
	case d.config.inPlace:
		d.strings = wire.StringsInPayload
	case d.program.strings(make(map[*program]bool)) > 1:
		d.strings = wire.SharedStrings
	}
	if len(d.config.conversions) == 0 && len(d.config.unions) == 0 {
		t := reflect.TypeFor[T]()
		d.generated, d.pointer = generatedCode(t, writer, reader), t.Kind() == reflect.Pointer
		if d.generated != nil && d.generated.levels() > d.limits.depth {
			d.generated = nil
		}
	}
	return d, nil
}

// Decode reads the whole payload into *v. It sets all that the reader schema has:
// slices, maps and what pointers point to are made anew, never reused, so values
// read before stay as they are; only structs embedded by pointer are written into
// where they are (but see [ReuseMemory]). Of map entries with one key, the last counts.
// It keeps no part of payload (but see [StringsInPayload]). The error is a [*DecodeError]; *v is then unspecified,
// but safe to use.
func (d *Decoder[T]) Decode(payload []byte, v *T) error {
	return d.read(payload, v, d.strings)
}

// DecodeGiven is Decode of a payload that is given away (see [serde.GivenDecoder]): in a small
// one the strings stay where they are, as with [StringsInPayload].
func (d *Decoder[T]) DecodeGiven(payload []byte, v *T) error {
	strings := d.strings
	if len(payload) <= wire.SlabSize { // no more than is kept alive by a string of any payload
		strings = wire.StringsInPayload
	}
	return d.read(payload, v, strings)
}

func (d *Decoder[T]) read(payload []byte, v *T, strings wire.Strings) error {
	if d.generated != nil && d.decodeGenerated(payload, v, strings) {
		return nil
	}
	return d.decode(payload, memoryOf(v), strings)
}

// decodeGenerated reads by the generated code. Where that finds something wrong, or only
// unusual, the plan reads all again, and says what.
func (d *Decoder[T]) decodeGenerated(payload []byte, v *T, strings wire.Strings) bool {
	if v == nil {
		return false
	}
	r := wire.Reader{
		Buf: payload, Reuse: d.config.reuse, Raw: d.config.raw, Depth: d.limits.depth, Empty: d.limits.emptyItems, Memory: d.limits.memoryFor(len(payload)),
		Slab: wire.Slab{Strings: strings},
	}
	var target any = v
	if d.pointer {
		target = pointee(v, d.config.reuse, d.generated.typ())
	}
	pos := d.generated.decode(target, hidden(&r), 0)
	return pos == len(payload) || pos >= 0 && d.config.allowTrailing
}

// pointee is what the pointer at v points to, a value that may be written into.
func pointee(v any, reuse bool, elem reflect.Type) any {
	p := reflect.ValueOf(v).Elem()
	if !reuse || p.IsNil() {
		p.Set(reflect.New(elem))
	}
	return p.Interface()
}

func (d *Decoder[T]) decode(payload []byte, m memory, strings wire.Strings) error {
	state := decoding{
		buf: payload, depth: d.limits.depth, empty: d.limits.emptyItems, memory: d.limits.memoryFor(len(payload)),
		raw: d.config.raw, reuse: d.config.reuse, slab: wire.Slab{Strings: strings}, limits: &d.limits,
	}
	pos, err := state.run(d.program, m, 0)
	if err != nil {
		return finishDecodeError(err)
	}
	if pos != len(payload) && !d.config.allowTrailing {
		return &DecodeError{Offset: pos, Err: &fault{serde.TrailingBytes, fmt.Sprintf("%d bytes are left after the value", len(payload)-pos)}}
	}
	return nil
}

func finishDecodeError(err error) error {
	if e, ok := err.(*DecodeError); ok {
		e.Path = e.steps.String()
	}
	return err
}
