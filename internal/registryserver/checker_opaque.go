package registryserver

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// opaqueSchema is a schema whose type this registry can keep but not compare.
type opaqueSchema struct {
	text    string
	imports []Import
}

// Text is the text that is kept.
func (s *opaqueSchema) Text() string { return s.text }

// Resolved is the text: references stay references.
func (s *opaqueSchema) Resolved() string { return s.text }

func checkOpaque(w, r *opaqueSchema) error {
	if w.text == r.text && slices.Equal(w.imports, r.imports) {
		return nil
	}
	return errUnchecked
}

// protobufChecker takes Protobuf files without knowing their rules.
type protobufChecker struct{}

// Parse takes any text that could be a .proto file; it keeps it as it is.
func (protobufChecker) Parse(text string, opts ParseOptions) (Parsed, error) {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return nil, errors.New("the Protobuf file is not UTF-8 text")
	}
	if err := checkImports[*opaqueSchema](opts.Imports); err != nil {
		return nil, err
	}
	for _, word := range []string{"syntax", "message", "enum", "import", "package", "service", "option"} {
		if strings.Contains(text, word) {
			return &opaqueSchema{text, opts.Imports}, nil
		}
	}
	return nil, errors.New("the text has nothing of a Protobuf file: no syntax, package, message or enum")
}

// Check knows only that a schema goes with itself.
func (protobufChecker) Check(writer, reader Parsed) ([]Difference, error) {
	return nil, checkOpaque(writer.(*opaqueSchema), reader.(*opaqueSchema))
}

// checkImports refuses references to schemas of another type.
func checkImports[T Parsed](imports []Import) error {
	for _, i := range imports {
		if _, ok := i.Schema.(T); !ok {
			return fmt.Errorf("reference %q is a schema of another type", i.Name)
		}
	}
	return nil
}
