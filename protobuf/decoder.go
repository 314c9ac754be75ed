package protobuf

import (
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/concord-go/concord/serde"
)

// decoder reads messages by the program's generated code.
type decoder[T proto.Message] struct {
	typ     protoreflect.MessageType
	options proto.UnmarshalOptions
	reuse   bool
}

// Decode reads the whole payload into a new message.
func (d *decoder[T]) Decode(payload []byte, v *T) error {
	if d.reuse {
		if m := *v; m.ProtoReflect().IsValid() {
			if err := (proto.UnmarshalOptions{RecursionLimit: d.options.RecursionLimit}).Unmarshal(payload, m); err != nil {
				return decodeError(d.typ.Descriptor(), payload, d.options.RecursionLimit, err)
			}
			return nil
		}
	}
	m := d.typ.New().Interface()
	if err := d.options.Unmarshal(payload, m); err != nil {
		return decodeError(d.typ.Descriptor(), payload, d.options.RecursionLimit, err)
	}
	*v = m.(T)
	return nil
}

// vtUnmarshaler is what vtprotobuf generates.
type vtUnmarshaler interface{ UnmarshalVT(b []byte) error }

// vtDecoder reads messages that have vtprotobuf's method. That knows no limit to
// recursion, so it is for messages that cannot contain themselves.
type vtDecoder[T proto.Message] struct {
	typ   protoreflect.MessageType
	depth int
	reuse bool
}

func (d *vtDecoder[T]) Decode(payload []byte, v *T) error {
	m := *v
	if d.reuse && m.ProtoReflect().IsValid() {
		proto.Reset(m)
	} else {
		m = d.typ.New().Interface().(T)
	}
	if err := any(m).(vtUnmarshaler).UnmarshalVT(payload); err != nil { // T has been seen to be one
		return decodeError(d.typ.Descriptor(), payload, d.depth, err)
	}
	*v = m
	return nil
}

func newTypedDecoder[T proto.Message](f *Format[T], w serde.WriterSchema) (serde.Decoder[T], error) {
	own, err := f.own()
	if err != nil {
		return nil, err
	}
	if err := own.reads(w, f.config.accept); err != nil {
		return nil, err
	}
	var zero T
	typ := newMessage[T]().ProtoReflect().Type()
	if _, ok := any(zero).(vtUnmarshaler); ok && !f.config.plain && depthOf(own.message) <= f.config.depth {
		return &vtDecoder[T]{typ: typ, depth: f.config.depth, reuse: f.config.reuse}, nil
	}
	// A new message need not be reset, which merging leaves out.
	return &decoder[T]{typ: typ, options: proto.UnmarshalOptions{RecursionLimit: f.config.depth, Merge: true}, reuse: f.config.reuse}, nil
}

// reads checks that the record's message is the program's own, or one that it accepts.
func (own *ownSchema) reads(w serde.WriterSchema, accept []string) error {
	written, err := readOutline(w.Text)
	if err != nil {
		return err
	}
	name := string(own.message.FullName())
	names := written.names(w.MessageIndexes)
	if slices.Contains(names, name) || slices.ContainsFunc(names, func(n string) bool { return slices.Contains(accept, n) }) {
		return nil
	}
	if slices.Equal(w.MessageIndexes, own.counted) && written.like(own.outline) {
		return nil // counted in this very file before a registry laid it out anew
	}
	if len(names) == 0 {
		return newFault(serde.Malformed, "the message indexes %v lead to no message of the writer schema", w.MessageIndexes)
	}
	return &MessageMismatchError{Reader: name, Writer: names[0]}
}
