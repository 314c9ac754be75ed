package registryserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// opaqueSchema is a schema whose type this registry can keep but not compare.
type opaqueSchema struct{ text string }

// Text is the text that is kept.
func (s *opaqueSchema) Text() string { return s.text }

// Resolved is the text: references stay references.
func (s *opaqueSchema) Resolved() string { return s.text }

// jsonChecker takes JSON Schemas without knowing their rules.
type jsonChecker struct{}

// Parse takes any JSON object or boolean; it keeps the text without white space.
func (jsonChecker) Parse(text string, opts ParseOptions) (Parsed, error) {
	raw := []byte(text)
	if nesting(raw) > maxNesting {
		return nil, errors.New("the JSON Schema is nested too deeply")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var first json.RawMessage // what follows the first value is dropped
	if err := dec.Decode(&first); err != nil {
		return nil, errors.New("the JSON Schema is not JSON: " + err.Error())
	}
	switch c := first[0]; c {
	case '{', 't', 'f':
	default:
		return nil, errors.New("the JSON Schema is neither an object nor a boolean")
	}
	if opts.Normalize {
		var v any
		dec := json.NewDecoder(bytes.NewReader(first))
		dec.UseNumber()
		if err := dec.Decode(&v); err != nil {
			return nil, err
		}
		sorted, err := encode(v) // object keys come out sorted
		if err != nil {
			return nil, err
		}
		return &opaqueSchema{string(sorted)}, nil
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, first); err != nil {
		return nil, err
	}
	return &opaqueSchema{compact.String()}, nil
}

// Check has no rules.
func (jsonChecker) Check(_, _ Parsed) ([]Difference, error) { return nil, errUnchecked }

// protobufChecker takes Protobuf files without knowing their rules.
type protobufChecker struct{}

// Parse takes any text that could be a .proto file; it keeps it as it is.
func (protobufChecker) Parse(text string, _ ParseOptions) (Parsed, error) {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return nil, errors.New("the Protobuf file is not UTF-8 text")
	}
	for _, word := range []string{"syntax", "message", "enum", "import", "package", "service", "option"} {
		if strings.Contains(text, word) {
			return &opaqueSchema{text}, nil
		}
	}
	return nil, errors.New("the text has nothing of a Protobuf file: no syntax, package, message or enum")
}

// Check has no rules.
func (protobufChecker) Check(_, _ Parsed) ([]Difference, error) { return nil, errUnchecked }
