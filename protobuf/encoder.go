package protobuf

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/concord-go/concord/serde"
)

// encoder writes messages by the program's generated code, or by reflection where
// they are dynamic.
type encoder[T proto.Message] struct {
	indexes []int
	options proto.MarshalOptions
}

// MessageIndexes is the message's path in the writer schema.
func (e *encoder[T]) MessageIndexes() []int { return slices.Clone(e.indexes) }

// AppendEncode appends the message's encoding.
func (e *encoder[T]) AppendEncode(dst []byte, v T) ([]byte, error) {
	out, err := e.options.MarshalAppend(dst, v)
	if err != nil {
		return dst, encodeError(v, err)
	}
	return out, nil
}

// vtMarshaler is what vtprotobuf generates.
type vtMarshaler interface {
	SizeVT() int
	MarshalToSizedBufferVT(b []byte) (int, error)
}

// vtEncoder writes messages that have vtprotobuf's methods.
type vtEncoder[T proto.Message] struct{ indexes []int }

func (e *vtEncoder[T]) MessageIndexes() []int { return slices.Clone(e.indexes) }

func (e *vtEncoder[T]) AppendEncode(dst []byte, v T) ([]byte, error) {
	m := any(v).(vtMarshaler) // T has been seen to be one
	size := m.SizeVT()
	out := slices.Grow(dst, size)[:len(dst)+size]
	n, err := m.MarshalToSizedBufferVT(out[len(dst):])
	switch {
	case err != nil:
		return dst, encodeError(v, err)
	case n != size: // somebody changes the message meanwhile
		return dst, encodeError(v, &fault{serde.TypeMismatch, "its size changed while it was written"})
	}
	return out, nil
}

func newTypedEncoder[T proto.Message](f *Format[T], w serde.WriterSchema) (serde.Encoder[T], error) {
	own, err := f.own()
	if err != nil {
		return nil, err
	}
	indexes, err := own.place(f, w)
	if err != nil {
		return nil, err
	}
	var zero T
	if _, ok := any(zero).(vtMarshaler); ok && !f.config.plain && !f.config.deterministic {
		return &vtEncoder[T]{indexes: indexes}, nil
	}
	return &encoder[T]{indexes: indexes, options: proto.MarshalOptions{Deterministic: f.config.deterministic}}, nil
}

// place finds the program's message in the writer schema, and checks that it fits.
func (own *ownSchema) place(f interface{ extra() bool }, w serde.WriterSchema) ([]int, error) {
	name := string(own.message.FullName())
	if w.Text == own.definition.Schema.Text {
		return own.path, nil
	}
	written, err := readOutline(w.Text)
	if err != nil {
		return nil, err
	}
	path := written.path(name)
	if path == nil {
		return nil, &MessageMismatchError{Reader: name, Writer: written.firstName()}
	}
	s, err := parseWriter(w)
	if err != nil {
		return nil, err
	}
	return path, fitMessage(own.message, s, f.extra())
}

func (f *Format[T]) extra() bool { return f.config.allowExtra }

// firstName is the first message's name, empty if there is none.
func (o *outline) firstName() string {
	name, _ := o.at([]int{0}, countAll)
	return name
}
