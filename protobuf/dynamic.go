package protobuf

import (
	"fmt"
	"slices"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

// Dynamic is Protobuf without generated code: a message has the type that the writer
// schema in the registry describes, which is compiled once.
//
// With [WithSchema] it has the type of that text in place of the writer's, as if it
// were generated. Without it, writing needs a writer schema chosen by version or
// id (serde.Latest), and the messages come from [Format.New] or from reading.
func Dynamic(opts ...DynamicOption) *Format[*dynamicpb.Message] {
	return dynamicAs(false, func(prototype *dynamicpb.Message, depth int) (func(payload []byte) (*dynamicpb.Message, error), error) {
		options := proto.UnmarshalOptions{RecursionLimit: depth, Merge: true, Resolver: typesOf(prototype.Descriptor().ParentFile())}
		typ := prototype.Type()
		return func(payload []byte) (*dynamicpb.Message, error) {
			m := typ.New().Interface().(*dynamicpb.Message)
			return m, options.Unmarshal(payload, m)
		}, nil
	}, opts...)
}

// DynamicAs is [Dynamic] for another implementation of dynamic messages; see package
// protobuf/hyperpb. compile is called once a message type, with an empty message of
// it and how deep messages may lie in each other; what it returns reads one payload,
// of which it must keep nothing. It sees no payload that is not as encoders write
// messages: others, valid or not, are read by dynamicpb first. Unknown fields are left out.
func DynamicAs[T proto.Message](compile func(prototype *dynamicpb.Message, depth int) (func(payload []byte) (T, error), error), opts ...DynamicOption) *Format[T] {
	return dynamicAs(true, compile, opts...)
}

// dynamicAs makes the format; checked means that payloads must be looked at before.
func dynamicAs[T proto.Message](checked bool, compile func(*dynamicpb.Message, int) (func([]byte) (T, error), error), opts ...DynamicOption) *Format[T] {
	f := &Format[T]{config: newConfig(), encoder: newDynamicEncoder[T]}
	f.decoder = func(f *Format[T], w serde.WriterSchema) (serde.Decoder[T], error) {
		d, err := newDynamicDecoder(f, w, compile)
		if err == nil && checked {
			d.shape = shapeOf(d.message)
			d.slowly = proto.UnmarshalOptions{RecursionLimit: d.depth, DiscardUnknown: true, Resolver: typesOf(d.message.ParentFile())}
		}
		return d, err
	}
	for _, o := range opts {
		o.applyToDynamic(&f.config)
	}
	f.own = sync.OnceValues(f.dynamicSchema)
	return f
}

// New is an empty message of the format's own schema: for [For], and for [Dynamic] and
// [DynamicAs] with [WithSchema], where it is a [dynamicpb.Message].
func (f *Format[T]) New() (proto.Message, error) {
	own, err := f.own()
	switch {
	case err != nil:
		return nil, err
	case own == nil:
		return nil, fmt.Errorf("protobuf: a dynamic format without a schema has no message of its own: give it one with WithSchema")
	}
	if own.dynamic {
		return dynamicpb.NewMessage(own.message), nil
	}
	return newMessage[T](), nil
}

// dynamicSchema is the schema of WithSchema, compiled; nil without it.
func (f *Format[T]) dynamicSchema() (*ownSchema, error) {
	if f.config.depth < 1 {
		return nil, fmt.Errorf("protobuf: WithDepthLimit: a depth of %d; want 1 or more", f.config.depth)
	}
	if !f.config.hasText {
		return nil, nil
	}
	definition := &serde.Definition{Schema: registry.Schema{Text: f.config.text, Type: registry.Protobuf}, Imports: f.config.imports}
	texts := make(map[string]string)
	if err := importTexts(f.config.imports, texts, make(map[*serde.Definition]bool)); err != nil {
		return nil, err
	}
	files, err := compileText(f.config.text, texts)
	if err != nil {
		return nil, err
	}
	message, err := messageNamed(files[0], f.config.message)
	if err != nil {
		return nil, err
	}
	own := &ownSchema{definition: definition, message: message, path: pathOf(message, countDeclared), counted: pathOf(message, countAll), dynamic: true}
	own.outline, err = readOutline(f.config.text)
	return own, err
}

func importTexts(all []*serde.Definition, texts map[string]string, seen map[*serde.Definition]bool) error {
	for _, d := range all {
		switch {
		case d == nil:
			return invalid("an import is nil")
		case seen[d]:
			continue
		}
		seen[d] = true
		texts[d.Name] = d.Schema.Text
		if err := importTexts(d.Imports, texts, seen); err != nil {
			return err
		}
	}
	return nil
}

// messageNamed finds a message of a file; an empty name is that of the first.
func messageNamed(fd protoreflect.FileDescriptor, name string) (protoreflect.MessageDescriptor, error) {
	if name == "" {
		if fd.Messages().Len() == 0 {
			return nil, invalid("the file has no message")
		}
		return fd.Messages().Get(0), nil
	}
	var find func(all protoreflect.MessageDescriptors) protoreflect.MessageDescriptor
	find = func(all protoreflect.MessageDescriptors) protoreflect.MessageDescriptor {
		for i := range all.Len() {
			m := all.Get(i)
			if string(m.FullName()) == name && !m.IsMapEntry() {
				return m
			}
			if inner := find(m.Messages()); inner != nil {
				return inner
			}
		}
		return nil
	}
	if m := find(fd.Messages()); m != nil {
		return m, nil
	}
	return nil, &MessageMismatchError{Reader: name, Writer: firstMessage(fd)}
}

func firstMessage(fd protoreflect.FileDescriptor) string {
	if fd.Messages().Len() == 0 {
		return ""
	}
	return string(fd.Messages().Get(0).FullName())
}

// typesOf are the messages and extensions of a file and of what it imports.
func typesOf(fd protoreflect.FileDescriptor) *dynamicpb.Types { return extensionsOf(fd).Types }

// linked is a descriptor that is no longer the compiler's, which keeps the whole
// compilation in memory and is slower.
func linked(fd protoreflect.FileDescriptor) (protoreflect.FileDescriptor, error) {
	files := new(protoregistry.Files)
	var add func(fd protoreflect.FileDescriptor) (protoreflect.FileDescriptor, error)
	add = func(fd protoreflect.FileDescriptor) (protoreflect.FileDescriptor, error) {
		if known, err := files.FindFileByPath(fd.Path()); err == nil {
			return known, nil
		}
		if global, err := protoregistry.GlobalFiles.FindFileByPath(fd.Path()); err == nil && isBuiltinFile(fd.Path()) {
			fd = global
		}
		for i := range fd.Imports().Len() {
			if _, err := add(fd.Imports().Get(i).FileDescriptor); err != nil {
				return nil, err
			}
		}
		built := fd
		if of, ok := fd.(interface {
			FileDescriptorProto() *descriptorpb.FileDescriptorProto
		}); ok {
			var err error
			if built, err = protodesc.NewFile(of.FileDescriptorProto(), files); err != nil {
				return nil, err
			}
		}
		return built, files.RegisterFile(built)
	}
	return add(fd)
}

// compileMessage compiles the message that a record, by its message indexes, or the
// format names.
func compileMessage(w serde.WriterSchema, name string) (protoreflect.MessageDescriptor, error) {
	files, err := compileWriter(w)
	if err != nil {
		return nil, err
	}
	fd, err := linked(files[0])
	if err != nil {
		return nil, invalid("%v", err)
	}
	return messageNamed(fd, name)
}

func newDynamicEncoder[T proto.Message](f *Format[T], w serde.WriterSchema) (serde.Encoder[T], error) {
	own, err := f.own()
	if err != nil {
		return nil, err
	}
	e := dynamicEncoder[T]{encoder: encoder[T]{options: proto.MarshalOptions{Deterministic: f.config.deterministic}}}
	if own != nil {
		e.indexes, err = own.place(f, w)
		e.name = own.message.FullName()
		return &e, err
	}
	m, err := compileMessage(w, f.config.message)
	if err != nil {
		return nil, err
	}
	e.indexes, e.name = pathOf(m, countDeclared), m.FullName()
	return &e, nil
}

// dynamicEncoder sees to it that a message is of the type that the frame names.
type dynamicEncoder[T proto.Message] struct {
	encoder[T]
	name protoreflect.FullName
}

func (e *dynamicEncoder[T]) AppendEncode(dst []byte, v T) ([]byte, error) {
	if name := v.ProtoReflect().Descriptor().FullName(); name != e.name {
		return dst, &EncodeError{Err: newFault(serde.TypeMismatch, "the message is a %s, and %s is written here; WithMessage chooses another", name, e.name)}
	}
	return e.encoder.AppendEncode(dst, v)
}

func newDynamicDecoder[T proto.Message](f *Format[T], w serde.WriterSchema, compile func(*dynamicpb.Message, int) (func([]byte) (T, error), error)) (*dynamicDecoder[T], error) {
	own, err := f.own()
	if err != nil {
		return nil, err
	}
	var m protoreflect.MessageDescriptor
	if own != nil {
		err = own.reads(w, f.config.accept)
		m = own.message
	} else {
		m, err = writtenMessage(w, f.config)
	}
	if err != nil {
		return nil, err
	}
	decode, err := compile(dynamicpb.NewMessage(m), f.config.depth)
	if err != nil {
		return nil, fmt.Errorf("protobuf: %s: %w", m.FullName(), err)
	}
	return &dynamicDecoder[T]{message: m, depth: f.config.depth, decode: decode}, nil
}

// writtenMessage is the message of the writer schema to which the message indexes lead.
func writtenMessage(w serde.WriterSchema, c formatConfig) (protoreflect.MessageDescriptor, error) {
	written, err := readOutline(w.Text)
	if err != nil {
		return nil, err
	}
	names := written.names(w.MessageIndexes)
	if len(names) == 0 {
		return nil, newFault(serde.Malformed, "the message indexes %v lead to no message of the writer schema", w.MessageIndexes)
	}
	name := names[0]
	if c.message != "" {
		wanted := append([]string{c.message}, c.accept...)
		i := slices.IndexFunc(names, func(n string) bool { return slices.Contains(wanted, n) })
		if i < 0 {
			return nil, &MessageMismatchError{Reader: c.message, Writer: name}
		}
		name = names[i]
	}
	return compileMessage(w, name)
}

// dynamicDecoder reads messages of a type that was compiled here.
type dynamicDecoder[T proto.Message] struct {
	message protoreflect.MessageDescriptor
	depth   int
	decode  func(payload []byte) (T, error)

	// shape is set where decode is not dynamicpb's. It sees nothing but payloads as
	// encoders write them; others are read by dynamicpb and written again for it.
	shape  *wireShape
	slowly proto.UnmarshalOptions
}

func (d *dynamicDecoder[T]) Decode(payload []byte, v *T) error {
	if d.shape != nil && !d.shape.plain(payload, d.depth) {
		m := dynamicpb.NewMessage(d.message)
		err := d.slowly.Unmarshal(payload, m)
		if err == nil {
			payload, err = proto.MarshalOptions{Deterministic: true}.Marshal(m)
		}
		if err != nil {
			return decodeError(d.message, payload, d.depth, err)
		}
	}
	m, err := d.decode(payload)
	if err != nil {
		return decodeError(d.message, payload, d.depth, err)
	}
	*v = m
	return nil
}
