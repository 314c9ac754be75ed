package avro

import (
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/concord-go/concord/avro/wire"
	"github.com/concord-go/concord/serde"
)

// Avro's JSON encoding (Avro 1.12, "JSON Encoding") is for people and for tools: a
// record is an object, a map too; bytes and fixed are strings with a character
// up to U+00FF for each byte; the value of a union, unless null, is an object with
// one member, whose name is that of the branch's type. NaN and the infinities,
// for which JSON has no numbers, are the strings "NaN", "Infinity" and
// "-Infinity", as Java writes them.

// AppendJSON appends payload, binary data of the writer schema s, in Avro's JSON
// encoding. The numbers keep all their digits, so [Schema.AppendBinary] gives the
// payload back, but for how arrays and maps were cut into blocks. The error is
// a [*DecodeError]; dst is then returned as it was. Limits are the default ones.
func (s *Schema) AppendJSON(dst, payload []byte) ([]byte, error) {
	limits := Limits{}.resolve()
	w := jsonWriter{
		decoding: decoding{
			buf: payload, depth: limits.depth, empty: limits.emptyItems, memory: limits.memoryFor(len(payload)), limits: &limits,
		},
		start: len(dst),
	}
	out, pos, err := w.value(s, dst, 0)
	switch {
	case err != nil:
		return dst, finishDecodeError(err)
	case pos != len(payload):
		return dst, &DecodeError{Offset: pos, Err: &fault{serde.TrailingBytes, "bytes are left after the value"}}
	}
	return out, nil
}

// jsonWriter reads binary data and writes JSON.
type jsonWriter struct {
	decoding
	sizes wireSizes
	start int // of what it writes
}

func (w *jsonWriter) value(s *Schema, dst []byte, pos int) ([]byte, int, error) {
	// Names of fields are repeated for items that take no bytes.
	if int64(len(dst)-w.start) > w.memory {
		return nil, 0, w.failMemory(nil, pos)
	}
	switch s.kind {
	case Null:
		return append(dst, "null"...), pos, nil
	case Boolean:
		switch {
		case pos >= len(w.buf):
			return nil, 0, w.failVarint(nil, wire.Failed, pos)
		case w.buf[pos] > 1:
			return nil, 0, w.fail(nil, pos, serde.Malformed, "a boolean is neither 0 nor 1")
		case w.buf[pos] == 1:
			return append(dst, "true"...), pos + 1, nil
		}
		return append(dst, "false"...), pos + 1, nil
	case Int, Long:
		v, next, err := w.integer(nil, s.kind == Int, pos)
		return strconv.AppendInt(dst, v, 10), next, err
	case Float, Double:
		f, next, err := w.anyFloat(nil, s.kind, pos)
		if err != nil {
			return nil, 0, err
		}
		return appendJSONFloat(dst, f, s.kind), next, nil
	case String:
		text, next, err := w.text(nil, pos, "a string")
		return appendJSONString(dst, text), next, err
	case Bytes, Fixed:
		o := op{n: -1}
		if s.kind == Fixed {
			o.n = s.size
		}
		b, next, err := w.take(&o, pos)
		return appendLatin1(dst, b), next, err
	case Enum:
		u, next := wire.Varint(w.buf, pos)
		if next < 0 {
			return nil, 0, w.failVarint(nil, next, pos)
		}
		symbol, err := w.symbol(nil, s.symbols, wire.Unzigzag(u), pos)
		return appendJSONString(dst, symbol), next, err
	}
	if w.depth--; w.depth < 0 {
		return nil, 0, w.failDepth(nil, pos)
	}
	defer func() { w.depth++ }()
	switch s.kind {
	case Record:
		return w.record(s, dst, pos)
	case Union:
		return w.union(s, dst, pos)
	}
	return w.blocks(s, dst, pos)
}

func (w *jsonWriter) record(s *Schema, dst []byte, pos int) ([]byte, int, error) {
	dst = append(dst, '{')
	for i := range s.fields {
		f := &s.fields[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendJSONString(dst, f.name), ':')
		var err error
		if dst, pos, err = w.value(f.typ, dst, pos); err != nil {
			return nil, 0, within(err, f.name)
		}
	}
	return append(dst, '}'), pos, nil
}

func (w *jsonWriter) union(s *Schema, dst []byte, pos int) ([]byte, int, error) {
	u, next := wire.Varint(w.buf, pos)
	if i := wire.Unzigzag(u); next < 0 || uint64(i) >= uint64(len(s.branches)) {
		return nil, 0, w.failIndex(nil, len(s.branches), pos)
	}
	b := s.branches[wire.Unzigzag(u)]
	if b.kind == Null {
		return append(dst, "null"...), next, nil
	}
	dst = append(appendJSONString(append(dst, '{'), b.branchName()), ':')
	dst, next, err := w.value(b, dst, next)
	return append(dst, '}'), next, err
}

// branchName is how a union's branch is named in JSON: by its type, or its full name.
func (s *Schema) branchName() string {
	if s.kind.isNamed() {
		return s.name.String()
	}
	return s.kind.String()
}

// blocks writes an array or a map.
func (w *jsonWriter) blocks(s *Schema, dst []byte, pos int) ([]byte, int, error) {
	begin, end, size := byte('['), byte(']'), w.sizes.atLeast(s.items)
	if s.kind == Map {
		begin, end, size = '{', '}', size+1
	}
	dst = append(dst, begin)
	for i := 0; ; {
		b, next, err := w.block(nil, size, pos)
		if err != nil {
			return nil, 0, err
		}
		pos = next
		for range b.count {
			if i > 0 {
				dst = append(dst, ',')
			}
			if s.kind == Map {
				var key string
				if key, pos, err = w.text(nil, pos, "a map's key"); err != nil {
					return nil, 0, within(err, "[*]")
				}
				dst = append(appendJSONString(dst, key), ':')
			}
			if dst, pos, err = w.value(s.items, dst, pos); err != nil {
				if e, ok := err.(*DecodeError); ok {
					if s.kind == Map {
						e.steps.add("[*]")
					} else {
						e.steps.addIndex(i)
					}
				}
				return nil, 0, err
			}
			i++
		}
		if err := w.closeBlock(nil, b, pos); err != nil {
			return nil, 0, err
		}
		if b.count == 0 {
			return append(dst, end), pos, nil
		}
	}
}

func appendJSONFloat(dst []byte, f float64, k Kind) []byte {
	bits := 64
	if k == Float {
		bits = 32
	}
	text := formatFloat(f, bits)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return appendJSONString(dst, text)
	}
	return append(dst, text...)
}

// appendLatin1 appends a string with a character for each byte.
func appendLatin1(dst, b []byte) []byte {
	text := make([]byte, 0, len(b)+len(b)/2)
	for _, c := range b {
		text = utf8.AppendRune(text, rune(c))
	}
	return appendJSONString(dst, string(text))
}
