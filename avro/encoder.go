package avro

import (
	"errors"
	"reflect"

	"github.com/concord-go/concord/avro/wire"
)

// Encoder writes values of T as Avro data of one writer schema. It is safe for
// concurrent use.
type Encoder[T any] struct {
	program   *program
	config    encodeConfig
	limits    resolvedLimits
	generated GeneratedCode // nil where there is none for T and the writer schema
	mode      wire.Mode     // of the generated code
	pointer   bool          // T is a pointer to the generated type
}

// NewEncoder checks that T fits the writer schema, and compiles the plan by which its
// values are written. A field of the writer schema that T lacks is written
// with its default. Values of a type that concord gen avro made are written by the
// generated code where the writer schema is the type's own. The error is a [*FitError] that lists every mismatch.
//
// T is a struct with tags `avro:"name"`, any other Go type that the schema maps to,
// or any (for records also map[string]any) for dynamic values; see [Dynamic].
func NewEncoder[T any](writer *Schema, opts ...EncoderOption) (*Encoder[T], error) {
	if writer == nil {
		return nil, errors.New("avro: NewEncoder needs a writer schema")
	}
	e := &Encoder[T]{}
	for _, o := range opts {
		o.applyToEncoder(&e.config)
	}
	e.limits = e.config.limits.resolve()
	var err error
	e.program, err = compileEncode(writer, reflect.TypeFor[T](), &e.config)
	if err != nil {
		return nil, err
	}
	if len(e.config.conversions) == 0 && len(e.config.unions) == 0 {
		t := reflect.TypeFor[T]()
		e.generated, e.pointer = generatedCode(t, writer), t.Kind() == reflect.Pointer
		e.mode = wire.NewMode(e.limits.depth, e.config.raw)
		if e.generated != nil && e.generated.levels() > e.limits.depth {
			e.generated = nil
		}
	}
	return e, nil
}

// AppendEncode appends v's binary encoding to dst. On an error, a [*EncodeError], it
// returns dst as it was. It keeps neither dst nor anything of v.
func (e *Encoder[T]) AppendEncode(dst []byte, v T) ([]byte, error) {
	if e.generated != nil {
		p := anyOnStack(&v)
		if e.pointer {
			p = v
		}
		if out, ok := e.generated.append(p, dst, e.mode); ok {
			return out, nil
		}
	}
	if ops := e.program.ops; len(ops) == 1 && ops[0].code == opNumbers { // nothing can fail
		return appendNumbers(&ops[0], memoryOnStack(&v), dst), nil
	}
	state := encoding{depth: e.limits.depth, trials: maxTrials, raw: e.config.raw, extra: e.config.allowExtra}
	out, err := state.run(e.program, memoryOnStack(&v), dst)
	if err != nil {
		return dst, finishEncodeError(err)
	}
	return out, nil
}

func finishEncodeError(err error) error {
	if e, ok := err.(*EncodeError); ok {
		e.Path = e.steps.String()
	}
	return err
}
