package protobuf

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

// A schema's text in a registry is a .proto file or, as some clients keep it, a
// google.protobuf.FileDescriptorProto in base64.

// serialized reads a descriptor in base64; nil: it is none.
func serialized(text string) *descriptorpb.FileDescriptorProto {
	text = strings.TrimSpace(text)
	if len(text) > maxText || len(text) == 0 || strings.ContainsAny(text, " ;{") {
		return nil
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	p := new(descriptorpb.FileDescriptorProto)
	if (proto.UnmarshalOptions{RecursionLimit: maxDepth}).Unmarshal(b, p) != nil || p.GetName() == "" && p.GetSyntax() == "" && len(p.GetMessageType()) == 0 {
		return nil
	}
	return p
}

// readOutline reads of a text what typed reading needs: the messages' names. It links
// nothing, so that it takes whatever a registry took.
func readOutline(text string) (*outline, error) {
	if p := serialized(text); p != nil {
		return outlineOfProto(p), nil
	}
	f, err := parseFile(text)
	if err != nil {
		return nil, err
	}
	return outlineOf(f), nil
}

// checkWriter refuses a schema of another language.
func checkWriter(w serde.WriterSchema) error {
	if w.Type != registry.Protobuf {
		return &SchemaError{Reason: fmt.Sprintf("the writer schema is of type %q, not %s", w.Type, registry.Protobuf)}
	}
	return nil
}

// parseWriter reads a schema that a registry gave, with all that it refers to.
func parseWriter(w serde.WriterSchema) (*Schema, error) {
	text, texts, err := plainTexts(w)
	if err != nil {
		return nil, err
	}
	var references []Reference
	for i, r := range w.Referenced {
		if serialized(texts[i]) != nil {
			continue
		}
		s, err := Parse(texts[i], slices.Clone(references)...)
		if err != nil {
			return nil, fmt.Errorf("protobuf: reference %q: %w", r.Name, err)
		}
		references = append(references, Reference{Path: r.Name, Schema: s})
	}
	return Parse(text, references...)
}

// plainTexts are the .proto texts of a schema and of what it refers to.
func plainTexts(w serde.WriterSchema) (text string, referenced []string, err error) {
	for _, r := range w.Referenced {
		referenced = append(referenced, r.Schema.Text)
	}
	all := append(slices.Clone(referenced), w.Text)
	if !slices.ContainsFunc(all, func(text string) bool { return serialized(text) != nil }) {
		return w.Text, referenced, nil
	}
	files, err := compileWriter(w)
	if err != nil {
		return "", nil, err
	}
	imported := make(map[string]protoreflect.FileDescriptor)
	var collect func(fd protoreflect.FileDescriptor)
	collect = func(fd protoreflect.FileDescriptor) {
		for i := range fd.Imports().Len() {
			inner := fd.Imports().Get(i).FileDescriptor
			if imported[inner.Path()] == nil {
				imported[inner.Path()] = inner
				collect(inner)
			}
		}
	}
	collect(files[0])
	for i, r := range w.Referenced {
		fd := imported[r.Name]
		if fd == nil || serialized(r.Schema.Text) == nil {
			continue // nobody imports it, and then nobody looks into it
		}
		if referenced[i], err = fileText(fd); err != nil {
			return "", nil, err
		}
	}
	text = w.Text
	if serialized(text) != nil {
		text, err = fileText(files[0])
	}
	return text, referenced, err
}
