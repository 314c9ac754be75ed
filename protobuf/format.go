package protobuf

import (
	"errors"
	"fmt"
	"reflect"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

// Format is Protobuf for messages of type T, to be given to serde's serializer and
// deserializer. It is safe for concurrent use.
type Format[T proto.Message] struct {
	config formatConfig
	own    func() (*ownSchema, error)
	// encoder and decoder make one for a writer schema.
	encoder func(f *Format[T], w serde.WriterSchema) (serde.Encoder[T], error)
	decoder func(f *Format[T], w serde.WriterSchema) (serde.Decoder[T], error)
}

// ownSchema is the program's own schema. A dynamic format without one has none of it.
type ownSchema struct {
	definition *serde.Definition
	message    protoreflect.MessageDescriptor
	path       []int // of message indexes, as it is written
	counted    []int // with the entries of maps, as clients write it that have the descriptor
	outline    *outline
	dynamic    bool // compiled from a text
}

// For is Protobuf for the generated type T, such as *pb.UserEvent. Its schema is the
// file that declares the message, with all that this imports; the well-known
// types, google/type and confluent are everywhere and never registered.
//
// The message that a record holds, which its message indexes name, must have T's full
// name. It may be of a newer or older version: fields that T does not know are kept as
// unknown fields, and written again.
//
// Errors of T come from the methods, with the first use.
func For[T proto.Message](opts ...TypedOption) *Format[T] {
	f := &Format[T]{config: newConfig(), encoder: newTypedEncoder[T], decoder: newTypedDecoder[T]}
	for _, o := range opts {
		o.applyToTyped(&f.config)
	}
	f.own = sync.OnceValues(f.typedSchema)
	return f
}

// SchemaType is [registry.Protobuf].
func (f *Format[T]) SchemaType() registry.SchemaType { return registry.Protobuf }

// Definition is the program's own schema; nil for a dynamic format without one.
func (f *Format[T]) Definition() (*serde.Definition, error) {
	own, err := f.own()
	if err != nil || own == nil {
		return nil, err
	}
	return own.definition, nil
}

// RecordName is the message's full name.
func (f *Format[T]) RecordName() (string, error) {
	own, err := f.own()
	switch {
	case err != nil:
		return "", err
	case own != nil:
		return string(own.message.FullName()), nil
	case f.config.message != "":
		return f.config.message, nil
	}
	return "", fmt.Errorf("protobuf: a dynamic format without a schema has no record name: give it one with WithMessage")
}

// NewEncoder checks that T fits the writer schema and makes an encoder for it. The
// encoder is a [serde.MessageIndexer].
func (f *Format[T]) NewEncoder(writer serde.WriterSchema) (serde.Encoder[T], error) {
	if err := checkWriter(writer); err != nil {
		return nil, err
	}
	return f.encoder(f, writer)
}

// NewDecoder makes a decoder of the message to which the writer schema's message
// indexes lead; none means the first.
func (f *Format[T]) NewDecoder(writer serde.WriterSchema) (serde.Decoder[T], error) {
	if err := checkWriter(writer); err != nil {
		return nil, err
	}
	if writer.MessageIndexes == nil {
		writer.MessageIndexes = []int{0}
	}
	return f.decoder(f, writer)
}

// typedSchema makes T's schema of its descriptor.
func (f *Format[T]) typedSchema() (*ownSchema, error) {
	message, err := messageOf[T]()
	switch {
	case err != nil:
		return nil, err
	case f.config.depth < 1:
		return nil, fmt.Errorf("protobuf: WithDepthLimit: a depth of %d; want 1 or more", f.config.depth)
	case f.config.subjects == nil:
		return nil, fmt.Errorf("protobuf: WithReferenceSubjects: the function is nil")
	}
	own := &ownSchema{message: message, path: pathOf(message, countDeclared), counted: pathOf(message, countAll)}
	if f.config.hasText {
		own.definition = &serde.Definition{Schema: registry.Schema{Text: f.config.text, Type: registry.Protobuf}, Imports: f.config.imports}
	} else {
		d := definitions{subjects: f.config.subjects, made: make(map[string]*serde.Definition)}
		if own.definition, err = d.of(message.ParentFile()); err != nil {
			return nil, err
		}
		own.definition.Name, own.definition.Subject = "", "" // it is the root
	}
	if own.outline, err = readOutline(own.definition.Schema.Text); err != nil {
		return nil, err
	}
	if f.config.hasText {
		if own.path = own.outline.path(string(message.FullName())); own.path == nil {
			return nil, invalid("the text given with WithSchema has no message %s, which is that of %v", message.FullName(), reflect.TypeFor[T]())
		}
		s, err := parseDefinition(own.definition, make(map[*serde.Definition]*Schema))
		if err == nil {
			err = fitMessage(message, s, f.config.allowExtra)
		}
		if err != nil {
			return nil, err
		}
	}
	return own, nil
}

// messageOf is the descriptor of a generated type.
func messageOf[T proto.Message]() (protoreflect.MessageDescriptor, error) {
	typ := reflect.TypeFor[T]()
	switch {
	case typ == reflect.TypeFor[*dynamicpb.Message]():
		return nil, newTypeError(typ, "a dynamic message has no type of its own: use protobuf.Dynamic")
	case typ.Kind() == reflect.Interface:
		return nil, newTypeError(typ, "an interface is no message: name the generated type, such as *pb.UserEvent")
	case typ.Kind() != reflect.Pointer:
		return nil, newTypeError(typ, "it is no pointer to a generated message, such as *pb.UserEvent")
	}
	m := newMessage[T]().ProtoReflect()
	if m == nil || m.Descriptor() == nil || m.Descriptor().ParentFile() == nil {
		return nil, newTypeError(typ, "it has no descriptor: is it generated by protoc-gen-go?")
	}
	return m.Descriptor(), nil
}

// newMessage is an empty message of a generated type, which is a pointer.
func newMessage[T proto.Message]() T {
	return reflect.New(reflect.TypeFor[T]().Elem()).Interface().(T)
}

// definitions makes the definitions of files, each once.
type definitions struct {
	subjects func(path string) registry.Subject
	made     map[string]*serde.Definition
}

func (d *definitions) of(fd protoreflect.FileDescriptor) (*serde.Definition, error) {
	if def := d.made[fd.Path()]; def != nil {
		return def, nil
	}
	text, err := fileText(fd)
	if err != nil {
		return nil, err
	}
	def := &serde.Definition{Name: fd.Path(), Subject: d.subjects(fd.Path()), Schema: registry.Schema{Text: text, Type: registry.Protobuf}}
	d.made[fd.Path()] = def
	for i := range fd.Imports().Len() {
		imported := fd.Imports().Get(i)
		if isBuiltinFile(imported.Path()) {
			continue
		}
		if imported.IsPlaceholder() {
			return nil, invalid("%q imports %q, whose generated code is not linked into this program", fd.Path(), imported.Path())
		}
		inner, err := d.of(imported.FileDescriptor)
		if err != nil {
			return nil, err
		}
		def.Imports = append(def.Imports, inner)
	}
	return def, nil
}

// parseDefinition parses what a definition imports, each once, and then itself.
func parseDefinition(d *serde.Definition, parsed map[*serde.Definition]*Schema) (*Schema, error) {
	if s, ok := parsed[d]; ok {
		if s == nil {
			return nil, invalid("the import %q leads back to itself", d.Name)
		}
		return s, nil
	}
	parsed[d] = nil // while it is being parsed
	var references []Reference
	for _, i := range d.Imports {
		if i == nil {
			return nil, invalid("an import is nil")
		}
		s, err := parseDefinition(i, parsed)
		if err != nil {
			return nil, err
		}
		references = append(references, Reference{Path: i.Name, Schema: s})
	}
	s, err := Parse(d.Schema.Text, references...)
	if err != nil && d.Name != "" {
		err = fmt.Errorf("protobuf: import %q: %w", d.Name, err)
	}
	parsed[d] = s
	return s, err
}

// MatchWriter reports whether the message to which the record's message indexes lead is T's, by its full
// name, or one that T accepts ([AcceptMessages]).
func (f *Format[T]) MatchWriter(writer serde.WriterSchema) (serde.Match, error) {
	own, err := f.own()
	switch {
	case err != nil:
		return serde.NoMatch, err
	case own == nil:
		return serde.LooseMatch, nil
	}
	if err := checkWriter(writer); err != nil {
		return serde.NoMatch, err
	}
	if writer.MessageIndexes == nil {
		writer.MessageIndexes = []int{0}
	}
	err = own.reads(writer, f.config.accept)
	if _, ok := errors.AsType[*MessageMismatchError](err); ok {
		return serde.NoMatch, nil
	}
	if err != nil {
		return serde.NoMatch, err
	}
	return serde.ExactMatch, nil
}
