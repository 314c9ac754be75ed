package registryserver

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"github.com/concord-go/concord/protobuf"
)

// protobufChecker is package protobuf.
type protobufChecker struct{}

// protobufSchema is a parsed Protobuf file.
type protobufSchema struct {
	schema *protobuf.Schema
	text   string
}

// Text is the text in the registry's layout.
func (s *protobufSchema) Text() string { return s.text }

// Resolved is the text: imports stay imports.
func (s *protobufSchema) Resolved() string { return s.text }

// serialized is a google.protobuf.FileDescriptorProto in base64; the text where a compiler
// makes nothing of it.
func (s *protobufSchema) serialized() string {
	b, err := s.schema.Descriptor()
	if err != nil {
		return s.text
	}
	return base64.StdEncoding.EncodeToString(b)
}

// Parse reads a Protobuf file.
func (protobufChecker) Parse(text string, opts ParseOptions) (Parsed, error) {
	var references []protobuf.Reference
	for _, i := range opts.Imports {
		s, ok := i.Schema.(*protobufSchema)
		if !ok {
			return nil, fmt.Errorf("reference %q is no Protobuf file", i.Name)
		}
		references = append(references, protobuf.Reference{Path: i.Name, Schema: s.schema})
	}
	schema, err := protobuf.Parse(text, references...)
	if err != nil {
		return nil, err
	}
	if schema.Edition() != "" {
		return nil, errors.New("editions are not supported by schema registries: use syntax proto2 or proto3")
	}
	if opts.Normalize {
		return &protobufSchema{schema, schema.Normalized()}, nil
	}
	return &protobufSchema{schema, schema.String()}, nil
}

// Check compares the files.
func (protobufChecker) Check(writer, reader Parsed) ([]Difference, error) {
	var all []Difference
	for _, d := range protobuf.CheckCompatibility(writer.(*protobufSchema).schema, reader.(*protobufSchema).schema) {
		one := Difference{Type: string(d.Kind), Path: d.Path, Description: d.Kind.Description()}
		if !slices.Contains(all, one) { // imported files may have messages of one name
			all = append(all, one)
		}
	}
	return all, nil
}
