package jsonschema

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/concord-go/concord/serde"
)

// tree is the value in the form of encoding/json, with numbers as they are written.
func (v *value) tree() any {
	switch v.kind {
	case nullValue:
		return nil
	case boolValue:
		return v.bool
	case numberValue:
		return json.Number(v.text)
	case stringValue:
		return v.text
	case arrayValue:
		items := make([]any, len(v.values))
		for i, item := range v.values {
			items[i] = item.tree()
		}
		return items
	}
	members := make(map[string]any, len(v.keys))
	for i, name := range v.keys {
		members[name] = v.values[i].tree()
	}
	return members
}

func newPayloadLimit(offset int64, reason string) error {
	return &PayloadError{Class: serde.LimitExceeded, Offset: offset, Reason: reason}
}

// checkDepth bounds the nesting of a JSON text. Most texts have fewer brackets than the limit altogether.
func checkDepth(text []byte, limit int) error {
	if bytes.Count(text, []byte{'['})+bytes.Count(text, []byte{'{'}) <= limit {
		return nil
	}
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '[', '{':
			if depth++; depth > limit {
				return newPayloadLimit(int64(i), "nested more than "+strconv.Itoa(limit)+" levels deep")
			}
		case ']', '}':
			depth--
		}
	}
	return nil
}

// checkText refuses what is not one JSON value in UTF-8 whose names occur once (RFC 8259, RFC 7493).
func checkText(text []byte, depth int) error {
	if err := checkDepth(text, depth); err != nil {
		return err
	}
	d := jsontext.NewDecoder(bytes.NewBuffer(text))
	if err := d.SkipValue(); err != nil {
		return textError(err, text)
	}
	end := d.InputOffset()
	if rest := bytes.TrimLeft(text[end:], " \t\r\n"); len(rest) > 0 {
		return &PayloadError{Class: serde.TrailingBytes, Offset: int64(len(text) - len(rest)), Reason: "bytes follow the value"}
	}
	return nil
}

func textError(err error, text []byte) error {
	e := &PayloadError{Class: serde.Malformed, Offset: -1, Reason: "it is not JSON"}
	syntactic := new(jsontext.SyntacticError)
	if errors.As(err, &syntactic) {
		e.Offset, e.Path = syntactic.ByteOffset, string(syntactic.JSONPointer)
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		e.Class, e.Reason = serde.Truncated, "the text ends before its value does"
	case errors.Is(err, jsontext.ErrDuplicateName):
		e.Reason = "a name occurs twice in one object"
	case bytes.HasPrefix(text, []byte("\xef\xbb\xbf")):
		e.Reason = "it begins with a byte order mark, which JSON does not have"
	case syntactic.Err != nil && strings.Contains(syntactic.Err.Error(), "UTF-8"):
		e.Reason = "it is not UTF-8"
	}
	return e
}

// parseTree is a text that is known to be JSON as encoding/json has it, with exact numbers.
func parseTree(text []byte, digits int) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, &PayloadError{Class: serde.Malformed, Offset: -1, Reason: "it is not JSON"}
	}
	return tree, checkNumbers(tree, digits)
}

// checkNumbers refuses numbers whose exact value is large: 1e999999 takes ten bytes here and a megabyte there.
func checkNumbers(tree any, digits int) error {
	switch v := tree.(type) {
	case json.Number:
		mantissa, exponent, _ := strings.Cut(strings.ToLower(string(v)), "e")
		e := 0
		if exponent != "" {
			var err error
			if e, err = strconv.Atoi(exponent); err != nil {
				e = digits + 1
			}
		}
		if len(mantissa) > digits+2 || e > digits || e < -digits {
			return newPayloadLimit(-1, "a number has more than "+strconv.Itoa(digits)+" digits, or its exponent is larger than that")
		}
	case []any:
		for _, item := range v {
			if err := checkNumbers(item, digits); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, member := range v {
			if err := checkNumbers(member, digits); err != nil {
				return err
			}
		}
	}
	return nil
}
