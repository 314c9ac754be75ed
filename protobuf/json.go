package protobuf

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// AppendJSON appends the message in Protobuf's JSON form. What google.protobuf.Any and
// extensions hold is found among the types of the message's file and its imports,
// where the program has no generated code for it. Of generated and dynamic messages;
// fields that are unknown are left out, as that form has no place for them.
//
// The white space may differ from one build of the program to another.
func AppendJSON(dst []byte, m proto.Message) ([]byte, error) {
	if m == nil || !m.ProtoReflect().IsValid() {
		return append(dst, "null"...), nil
	}
	options := protojson.MarshalOptions{Resolver: &lazyTypes{file: m.ProtoReflect().Descriptor().ParentFile()}}
	out, err := options.MarshalAppend(dst, m)
	if err != nil {
		return dst, fmt.Errorf("protobuf: JSON of %s: %w", m.ProtoReflect().Descriptor().FullName(), err)
	}
	return out, nil
}

// lazyTypes finds the types of a file and its imports after the program's own. Few
// messages ask for any, and only then they are collected.
type lazyTypes struct {
	file protoreflect.FileDescriptor
	all  *extensionTypes
}

func (t *lazyTypes) types() *extensionTypes {
	if t.all == nil {
		t.all = extensionsOf(t.file)
	}
	return t.all
}

func (t *lazyTypes) FindExtensionByName(name protoreflect.FullName) (protoreflect.ExtensionType, error) {
	return t.types().FindExtensionByName(name)
}

func (t *lazyTypes) FindExtensionByNumber(message protoreflect.FullName, number protoreflect.FieldNumber) (protoreflect.ExtensionType, error) {
	return t.types().FindExtensionByNumber(message, number)
}

func (t *lazyTypes) FindMessageByName(name protoreflect.FullName) (protoreflect.MessageType, error) {
	if m, err := protoregistry.GlobalTypes.FindMessageByName(name); err == nil {
		return m, nil
	}
	return t.types().FindMessageByName(name)
}

func (t *lazyTypes) FindMessageByURL(url string) (protoreflect.MessageType, error) {
	if m, err := protoregistry.GlobalTypes.FindMessageByURL(url); err == nil {
		return m, nil
	}
	return t.types().FindMessageByURL(url)
}
