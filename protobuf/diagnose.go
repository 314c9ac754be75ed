package protobuf

import (
	"errors"
	"io"
	"strconv"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/concord-go/concord/serde"
)

// The runtime says that something is wrong, and hardly what or where. These functions
// look again, once it has failed.

// decodeError finds what is wrong with a payload. cause is the runtime's word, which
// names fields at most and is given where nothing else is found.
func decodeError(m protoreflect.MessageDescriptor, payload []byte, depth int, cause error) error {
	d := diagnosis{top: len(payload)}
	if e := d.message(m, payload, 0, "", depth); e != nil {
		return e
	}
	return &DecodeError{Err: newFault(serde.Malformed, "%s", cause.Error())}
}

type diagnosis struct{ top int }

// message walks a message that begins at the offset; nil: nothing is wrong with it.
func (d diagnosis) message(m protoreflect.MessageDescriptor, b []byte, offset int, path string, depth int) *DecodeError {
	if depth <= 0 {
		return &DecodeError{path, offset, newFault(serde.LimitExceeded, "messages lie too deep in each other; WithDepthLimit allows more")}
	}
	seen := make(map[protowire.Number]int)
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return d.bad(path, offset, len(b), n, "a field's number")
		}
		f := m.Fields().ByNumber(num)
		at := path
		if f != nil {
			at = joinPath(path, string(f.Name()))
			if f.IsMap() {
				at += "[*]"
			} else if f.IsList() {
				at += "[" + strconv.Itoa(seen[num]) + "]"
			}
			seen[num]++
		}
		size := protowire.ConsumeFieldValue(num, typ, b[n:])
		if size < 0 {
			if f != nil && f.Message() != nil && typ == protowire.StartGroupType {
				if e := d.message(f.Message(), b[n:], offset+n, at, depth-1); e != nil {
					return e
				}
			}
			if groupsTooDeep(b) {
				return &DecodeError{at, offset, newFault(serde.LimitExceeded, "groups lie too deep in each other")}
			}
			return d.bad(at, offset, len(b), size, "the value of field "+strconv.Itoa(int(num)))
		}
		if e := d.value(f, num, typ, b[n:n+size], offset+n, at, depth); e != nil {
			return e
		}
		b, offset = b[n+size:], offset+n+size
	}
	return nil
}

// value looks into the value of a field that is known.
func (d diagnosis) value(f protoreflect.FieldDescriptor, num protowire.Number, typ protowire.Type, b []byte, offset int, path string, depth int) *DecodeError {
	if f == nil {
		return nil
	}
	var inner []byte
	var n int
	switch typ {
	case protowire.BytesType:
		inner, n = protowire.ConsumeBytes(b)
	case protowire.StartGroupType:
		inner, n = protowire.ConsumeGroup(num, b)
	default:
		return nil
	}
	if n < 0 {
		return d.bad(path, offset, len(b), n, "the value of field "+strconv.Itoa(int(num)))
	}
	if typ == protowire.BytesType {
		offset += n - len(inner)
	}
	switch {
	case f.Message() != nil && (typ == protowire.StartGroupType) == (f.Kind() == protoreflect.GroupKind):
		return d.message(f.Message(), inner, offset, path, depth-1)
	case typ != protowire.BytesType:
	case f.Kind() == protoreflect.StringKind:
		if !utf8.Valid(inner) {
			return &DecodeError{path, offset, newFault(serde.Malformed, "a string is not valid UTF-8")}
		}
	case f.IsList() && f.Kind() != protoreflect.BytesKind && f.Message() == nil:
		return d.packed(f, inner, offset, path)
	}
	return nil
}

// packed looks at a list of numbers in one value.
func (d diagnosis) packed(f protoreflect.FieldDescriptor, b []byte, offset int, path string) *DecodeError {
	for len(b) > 0 {
		var n int
		switch f.Kind() {
		case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind, protoreflect.FloatKind:
			_, n = protowire.ConsumeFixed32(b)
		case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind, protoreflect.DoubleKind:
			_, n = protowire.ConsumeFixed64(b)
		default:
			_, n = protowire.ConsumeVarint(b)
		}
		if n < 0 {
			return d.bad(path, offset, len(b), n, "a packed number")
		}
		b, offset = b[n:], offset+n
	}
	return nil
}

// bad is the error for a code of protowire's, met with so many bytes left. Where they
// are the payload's last it is truncated; within a message that says how long it
// is, the bytes are wrong.
func (d diagnosis) bad(path string, offset, left, code int, what string) *DecodeError {
	if errors.Is(protowire.ParseError(code), io.ErrUnexpectedEOF) {
		if offset+left == d.top {
			return &DecodeError{path, offset, newFault(serde.Truncated, "the bytes end within %s", what)}
		}
		return &DecodeError{path, offset, newFault(serde.Malformed, "the message ends within %s", what)}
	}
	return &DecodeError{path, offset, newFault(serde.Malformed, "%s is wrong", what)}
}

// groupsTooDeep reports whether the bytes begin with more groups in each other than the
// runtime passes over.
func groupsTooDeep(b []byte) bool {
	for depth := 0; len(b) > 0; {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return false
		}
		b = b[n:]
		switch typ {
		case protowire.StartGroupType:
			if depth++; depth > protowire.DefaultRecursionLimit {
				return true
			}
		case protowire.EndGroupType:
			if depth--; depth <= 0 {
				return false
			}
		default:
			if n = protowire.ConsumeFieldValue(num, typ, b); n < 0 {
				return false
			}
			b = b[n:]
		}
	}
	return false
}

func joinPath(path, step string) string {
	if path == "" {
		return step
	}
	return path + "." + step
}

// encodeError finds what is wrong with a message that could not be written.
func encodeError(v proto.Message, cause error) error {
	if f, ok := cause.(*fault); ok {
		return &EncodeError{Err: f}
	}
	if path, text := faultIn(v.ProtoReflect(), "", defaultDepth); text != "" {
		return &EncodeError{path, newFault(serde.TypeMismatch, "%s", text)}
	}
	return &EncodeError{Err: newFault(serde.TypeMismatch, "%s", cause.Error())}
}

// faultIn looks for what the runtime refuses to write: strings that are not UTF-8, and
// required fields that are not set.
func faultIn(m protoreflect.Message, path string, depth int) (where, text string) {
	if depth == 0 {
		return "", ""
	}
	for i := range m.Descriptor().RequiredNumbers().Len() {
		f := m.Descriptor().Fields().ByNumber(m.Descriptor().RequiredNumbers().Get(i))
		if !m.Has(f) {
			return joinPath(path, string(f.Name())), "a required field is not set"
		}
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		at := joinPath(path, string(f.Name()))
		switch {
		case f.IsList():
			for i := range v.List().Len() {
				if where, text = faultOf(f, v.List().Get(i), at+"["+strconv.Itoa(i)+"]", depth); text != "" {
					break
				}
			}
		case f.IsMap():
			v.Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
				if where, text = faultOf(f.MapKey(), k.Value(), at+"[*]", depth); text == "" {
					where, text = faultOf(f.MapValue(), v, at+"[*]", depth)
				}
				return text == ""
			})
		default:
			where, text = faultOf(f, v, at, depth)
		}
		return text == ""
	})
	return where, text
}

func faultOf(f protoreflect.FieldDescriptor, v protoreflect.Value, path string, depth int) (where, text string) {
	switch {
	case f.Message() != nil:
		return faultIn(v.Message(), path, depth-1)
	case f.Kind() == protoreflect.StringKind && !utf8.ValidString(v.String()):
		return path, "a string is not valid UTF-8"
	}
	return "", ""
}
