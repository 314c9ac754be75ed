package jsonschema

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"github.com/concord-go/concord/serde"
)

// Numbers of encoding/json are numbers, with the digits that they have.
var (
	writeDigits = json.MarshalToFunc(func(e *jsontext.Encoder, n stdjson.Number) error {
		if n == "" {
			n = "0"
		}
		return e.WriteValue(jsontext.Value(n))
	})
	readDigits = json.UnmarshalFromFunc(func(d *jsontext.Decoder, n *stdjson.Number) error {
		switch d.PeekKind() {
		case '0':
			v, err := d.ReadValue()
			*n = stdjson.Number(v)
			return err
		case 'n':
			*n = ""
			return d.SkipValue()
		}
		return errors.ErrUnsupported
	})
	readAny = json.UnmarshalFromFunc(func(d *jsontext.Decoder, to *any) error {
		if d.PeekKind() != '0' {
			return errors.ErrUnsupported
		}
		v, err := d.ReadValue()
		*to = stdjson.Number(v)
		return err
	})
)

// encodeOptions are those for values of a type. Functions for types cost time at every value, so they are
// there only where such types may be.
func encodeOptions(t reflect.Type) []json.Options {
	o := []json.Options{json.Deterministic(true), jsonv1.OmitEmptyWithLegacySemantics(true), jsonv1.FormatDurationAsNano(true)}
	if numbers, values := holds(t); numbers || values {
		o = append(o, json.WithMarshalers(writeDigits))
	}
	return []json.Options{json.JoinOptions(o...)}
}

func decodeOptions(t reflect.Type, refuseUnknown bool) []json.Options {
	o := []json.Options{jsonv1.FormatDurationAsNano(true), json.RejectUnknownMembers(refuseUnknown)}
	switch numbers, values := holds(t); {
	case values:
		o = append(o, json.WithUnmarshalers(json.JoinUnmarshalers(readDigits, readAny)))
	case numbers:
		o = append(o, json.WithUnmarshalers(readDigits))
	}
	return []json.Options{json.JoinOptions(o...)}
}

// holds reports whether a value of the type may have in it encoding/json's numbers, and values of any type.
func holds(t reflect.Type) (numbers, values bool) {
	seen := make(map[reflect.Type]bool)
	var walk func(reflect.Type)
	walk = func(t reflect.Type) {
		if seen[t] {
			return
		}
		seen[t] = true
		switch t.Kind() {
		case reflect.Interface:
			values = true
		case reflect.String:
			numbers = numbers || t == numberType
		case reflect.Map:
			walk(t.Key())
			walk(t.Elem())
		case reflect.Pointer, reflect.Slice, reflect.Array:
			walk(t.Elem())
		case reflect.Struct:
			if t == timeType {
				return
			}
			for i := range t.NumField() {
				walk(t.Field(i).Type)
			}
		}
	}
	walk(t)
	return numbers, values
}

type encoder[T any] struct {
	validator *Validator // nil if nothing is checked
	options   []json.Options
	states    sync.Pool // of *encodeState[T]
}

// encodeState is what would move to the heap for every value.
type encodeState[T any] struct {
	buffer bytes.Buffer
	value  T
}

func (e *encoder[T]) AppendEncode(dst []byte, v T) ([]byte, error) {
	s, _ := e.states.Get().(*encodeState[T])
	if s == nil {
		s = new(encodeState[T])
	}
	s.value, s.buffer = v, *bytes.NewBuffer(dst)
	err := json.MarshalWrite(&s.buffer, &s.value, e.options...)
	out := s.buffer.Bytes()
	var zero T
	s.value, s.buffer = zero, bytes.Buffer{}
	e.states.Put(s)
	if err != nil {
		return dst, valueError(err)
	}
	if e.validator != nil {
		if err := e.validator.validate(out[len(dst):]); err != nil {
			return dst, err
		}
	}
	return out, nil
}

// valueError says of an error of the encoder where it is and what kind of value it is, but not the value.
func valueError(err error) error {
	e := &PayloadError{Class: serde.TypeMismatch, Offset: -1, Reason: "the value cannot be written as JSON"}
	semantic, syntactic := new(json.SemanticError), new(jsontext.SyntacticError)
	switch {
	case errors.As(err, &semantic):
		e.Path = string(semantic.JSONPointer)
		if semantic.GoType != nil {
			e.Reason = "a value of the Go type " + semantic.GoType.String() + " cannot be written as JSON"
		}
	case errors.As(err, &syntactic):
		e.Path = string(syntactic.JSONPointer)
		switch {
		case errors.Is(err, jsontext.ErrDuplicateName):
			e.Reason = "a name occurs twice in one object"
		case strings.Contains(syntactic.Error(), "UTF-8"):
			e.Reason = "a string is not UTF-8"
		}
	}
	return e
}

type decoder[T any] struct {
	validator *Validator // nil if nothing is checked
	defaults  *value     // the schema whose defaults are filled in; nil if none are
	limits    ValidationLimits
	options   []json.Options
}

func (d *decoder[T]) Decode(payload []byte, v *T) error {
	if err := checkDepth(payload, d.limits.Depth); err != nil {
		return err
	}
	text := payload
	if d.defaults != nil {
		if err := checkText(payload, d.limits.Depth); err != nil {
			return err
		}
		tree, err := parseTree(payload, d.limits.Digits)
		if err != nil {
			return err
		}
		tree = fill(tree, d.defaults, d.defaults, 0)
		if text, err = stdjson.Marshal(tree); err != nil {
			return &PayloadError{Class: serde.Malformed, Offset: -1, Reason: "it is not JSON"}
		}
	}
	var zero T
	*v = zero
	if err := json.Unmarshal(text, v, d.options...); err != nil {
		return d.explain(err, text)
	}
	if d.validator != nil {
		return d.validator.validate(payload)
	}
	return nil
}

// explain gives an error its class.
func (d *decoder[T]) explain(err error, text []byte) error {
	if err := checkText(text, d.limits.Depth); err != nil {
		return err
	}
	e := &PayloadError{Class: serde.TypeMismatch, Offset: -1, Reason: "it does not fit the Go type"}
	semantic := new(json.SemanticError)
	if errors.As(err, &semantic) {
		e.Path, e.Offset = string(semantic.JSONPointer), semantic.ByteOffset
		switch {
		case errors.Is(err, json.ErrUnknownName):
			e.Reason = "there is no field for this property"
		case semantic.GoType != nil && semantic.JSONKind == 0:
			e.Reason = "it does not fit the Go type " + semantic.GoType.String()
		case semantic.GoType != nil:
			e.Reason = "a JSON " + semantic.JSONKind.String() + " does not fit the Go type " + semantic.GoType.String()
		}
	}
	return e
}

// fill puts the defaults of a schema where a value has no property.
func fill(tree any, schema, root *value, hops int) any {
	if ref := schema.get("$ref"); isText(ref) && hops < 8 {
		if target := lookup(root, ref.text); target != nil {
			return fill(tree, target, root, hops+1)
		}
		return tree
	}
	switch v := tree.(type) {
	case map[string]any:
		properties := schema.get("properties")
		if properties == nil {
			return tree
		}
		for i, name := range properties.keys {
			inner := properties.values[i]
			if member, ok := v[name]; ok {
				v[name] = fill(member, inner, root, 0)
			} else if otherwise := inner.get("default"); otherwise != nil {
				v[name] = otherwise.tree()
			}
		}
	case []any:
		if items := schema.get("items"); items != nil {
			for i := range v {
				v[i] = fill(v[i], items, root, 0)
			}
		}
	}
	return tree
}

// lookup follows a local $ref, nil where it leads nowhere.
func lookup(root *value, ref string) *value {
	pointer, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil
	}
	if pointer == "" {
		return root
	}
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if root = root.get(strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")); root == nil {
			return nil
		}
	}
	return root
}
