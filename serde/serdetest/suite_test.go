package serdetest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

// text is a toy format: a length byte, then that many bytes. Its faults can be
// switched on, each of which the suite must find.
type text struct{ fault string }

func (f text) SchemaType() registry.SchemaType { return "TOY" }
func (f text) RecordName() (string, error)     { return "", errors.New("texts have no name") }
func (f text) Definition() (*serde.Definition, error) {
	return &serde.Definition{Schema: registry.Schema{Text: "text", Type: "TOY"}}, nil
}
func (f text) NewEncoder(serde.WriterSchema) (serde.Encoder[string], error) {
	return &textCoder{fault: f.fault}, nil
}
func (f text) NewDecoder(serde.WriterSchema) (serde.Decoder[string], error) {
	return &textCoder{fault: f.fault}, nil
}

type textCoder struct {
	fault string
	calls atomic.Int64
}

var sink []byte

func (c *textCoder) AppendEncode(dst []byte, v string) ([]byte, error) {
	if len(v) > 255 && c.fault != "accepts" {
		switch c.fault {
		case "leaves":
			return append(dst, 255), serde.TypeMismatch
		case "grumbles":
			return dst, errors.New("too long")
		}
		return dst, serde.TypeMismatch
	}
	switch c.fault {
	case "overwrites":
		dst = dst[:0]
	case "varies":
		v = strings.Map(func(r rune) rune { return r + rune(c.calls.Load()) }, v)
		c.calls.Add(1)
	case "counts":
		v += fmt.Sprint(c.calls.Add(1) * 10)[:min(1, int(c.calls.Load()))]
		if c.calls.Load() > 1 {
			v += "!"
		}
	case "allocates":
		sink = make([]byte, 100)
	}
	return append(append(dst, byte(len(v))), v...), nil
}

func (c *textCoder) Decode(payload []byte, v *string) error {
	if len(payload) == 0 {
		if c.fault == "lenient" {
			return nil
		}
		if c.fault == "unclassed" {
			return errors.New("short")
		}
		return serde.Truncated
	}
	n, rest := int(payload[0]), payload[1:]
	if len(rest) < n {
		if c.fault == "lenient" {
			n = len(rest)
		} else {
			return fmt.Errorf("%d bytes of %d: %w", len(rest), n, serde.Truncated)
		}
	}
	if len(rest) > n && c.fault != "ignores" {
		return serde.TrailingBytes
	}
	if c.fault == "forgets" {
		return nil
	}
	*v = string(rest[:n])
	return nil
}

func TestTheSuiteAcceptsASoundFormat(t *testing.T) {
	Run(t, sound(""))
}

func sound(fault string) Case[string] {
	return Case[string]{
		Format:         text{fault},
		Values:         []string{"a", "", "something longer"},
		Refused:        []string{strings.Repeat("x", 256)},
		SelfDelimiting: true, Deterministic: true, EncodesWithoutAllocating: true,
	}
}

func TestTheSuiteFindsEachFault(t *testing.T) {
	for fault, check := range map[string]string{
		"overwrites": "AppendKeepsWhatIsThere",
		"counts":     "AValueIsAlwaysWrittenAlike",
		"varies":     "AValueIsAlwaysWrittenAlike",
		"accepts":    "RefusedValuesLeaveNothing",
		"leaves":     "RefusedValuesLeaveNothing",
		"grumbles":   "RefusedValuesLeaveNothing",
		"allocates":  "EncodingAllocatesNothing",
		"lenient":    "PrefixesAreRefused",
		"unclassed":  "PrefixesAreRefused",
		"ignores":    "TrailingBytesAreRefused",
		"forgets":    "RoundTripWithPrefixFraming",
	} {
		if fault == "allocates" && raceEnabled {
			continue
		}
		found := false
		for _, c := range checks[string]() {
			if err := c.run(sound(fault)); c.name == check {
				found = err != nil
			}
		}
		if !found {
			t.Errorf("a format that %s passes %s", fault, check)
		}
	}
}

// aliasing is a format whose decoder keeps the payload.
type aliasing struct{}

func (aliasing) SchemaType() registry.SchemaType { return "TOY" }
func (aliasing) RecordName() (string, error)     { return "", errors.New("no name") }
func (aliasing) Definition() (*serde.Definition, error) {
	return &serde.Definition{Schema: registry.Schema{Text: "bytes", Type: "TOY"}}, nil
}
func (aliasing) NewEncoder(serde.WriterSchema) (serde.Encoder[[]byte], error) {
	return aliasing{}, nil
}
func (aliasing) NewDecoder(serde.WriterSchema) (serde.Decoder[[]byte], error) {
	return aliasing{}, nil
}
func (aliasing) AppendEncode(dst, v []byte) ([]byte, error) { return append(dst, v...), nil }
func (aliasing) Decode(payload []byte, v *[]byte) error {
	*v = payload
	return nil
}

func TestTheSuiteFindsADecoderThatKeepsThePayload(t *testing.T) {
	t.Parallel()
	if err := reuse(Case[[]byte]{Format: aliasing{}, Values: [][]byte{[]byte("abc")}}); err == nil {
		t.Error("it passes")
	}
}

// indexed is a format with a message path, as Protobuf has.
type indexed struct{ path []int }

func (f indexed) SchemaType() registry.SchemaType { return registry.Protobuf }
func (f indexed) RecordName() (string, error)     { return "pkg.Message", nil }
func (f indexed) Definition() (*serde.Definition, error) {
	return &serde.Definition{Schema: registry.Schema{Text: "message", Type: registry.Protobuf}}, nil
}
func (f indexed) NewEncoder(serde.WriterSchema) (serde.Encoder[uint32], error) {
	return indexedCoder(f), nil
}
func (f indexed) NewDecoder(w serde.WriterSchema) (serde.Decoder[uint32], error) {
	if fmt.Sprint(w.MessageIndexes) != fmt.Sprint(f.path) {
		return nil, fmt.Errorf("path %v, want %v: %w", w.MessageIndexes, f.path, serde.TypeMismatch)
	}
	return indexedCoder(f), nil
}

type indexedCoder indexed

func (c indexedCoder) MessageIndexes() []int { return c.path }
func (c indexedCoder) AppendEncode(dst []byte, v uint32) ([]byte, error) {
	return binary.BigEndian.AppendUint32(dst, v), nil
}
func (c indexedCoder) Decode(payload []byte, v *uint32) error {
	switch {
	case len(payload) < 4:
		return serde.Truncated
	case len(payload) > 4:
		return serde.TrailingBytes
	}
	*v = binary.BigEndian.Uint32(payload)
	return nil
}

func TestFormatsWithAMessagePathConform(t *testing.T) {
	t.Parallel()
	for _, path := range [][]int{{0}, {1}, {1, 0}, {0, 0, 2}, {300}, {1, 2, 3, 4, 5, 6, 7, 8, 9}} {
		t.Run(fmt.Sprint(path), func(t *testing.T) {
			t.Parallel()
			Run(t, Case[uint32]{Format: indexed{path}, Values: []uint32{0, 1, 1 << 31}, SelfDelimiting: true})
		})
	}
}
