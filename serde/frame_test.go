package serde_test

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

var guid = registry.GUID{0x89, 0x79, 0x1e, 0x21, 0x2e, 0x4b, 0x4f, 0x5c, 0x9d, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07}

func TestFrameGoldenBytes(t *testing.T) {
	t.Parallel()
	g := append([]byte{1}, guid[:]...)
	for _, c := range []struct {
		name  string
		frame serde.Frame
		want  []byte
	}{
		{"id", serde.Frame{ID: 1}, []byte{0, 0, 0, 0, 1}},
		{"id, most significant byte first", serde.Frame{ID: 0x01020304}, []byte{0, 1, 2, 3, 4}},
		{"largest id", serde.Frame{ID: math.MaxInt32}, []byte{0, 0x7f, 0xff, 0xff, 0xff}},
		{"guid", serde.Frame{GUID: guid}, g},
		{"first message", serde.Frame{ID: 5, MessageIndexes: []int{0}}, []byte{0, 0, 0, 0, 5, 0}},
		{"second message", serde.Frame{ID: 5, MessageIndexes: []int{1}}, []byte{0, 0, 0, 0, 5, 2, 2}},
		{"nested message", serde.Frame{ID: 5, MessageIndexes: []int{1, 0}}, []byte{0, 0, 0, 0, 5, 4, 2, 0}},
		{"message 300", serde.Frame{ID: 5, MessageIndexes: []int{300}}, []byte{0, 0, 0, 0, 5, 2, 0xd8, 0x04}},
		{"message 254", serde.Frame{ID: 5, MessageIndexes: []int{254}}, []byte{0, 0, 0, 0, 5, 2, 0xfc, 0x03}},
		{"message 255", serde.Frame{ID: 5, MessageIndexes: []int{255}}, []byte{0, 0, 0, 0, 5, 2, 0xfe, 0x03}},
		{"message 255 in the first", serde.Frame{ID: 5, MessageIndexes: []int{0, 255}}, []byte{0, 0, 0, 0, 5, 4, 0, 0xfe, 0x03}},
		{"first message of the first", serde.Frame{ID: 5, MessageIndexes: []int{0, 0}}, []byte{0, 0, 0, 0, 5, 4, 0, 0}},
		{"guid and message", serde.Frame{GUID: guid, MessageIndexes: []int{2, 1}}, append(slices.Clone(g), 4, 4, 2)},
	} {
		got, err := serde.AppendFrame([]byte("x"), c.frame)
		if err != nil || !bytes.Equal(got[1:], c.want) {
			t.Errorf("%s: written as % x, %v; want % x", c.name, got[1:], err, c.want)
		}
		schemaType := registry.Avro
		if c.frame.MessageIndexes != nil {
			schemaType = registry.Protobuf
		}
		frame, payload, err := serde.ParseFrame(schemaType, serde.Value, serde.Data{Bytes: append(slices.Clone(c.want), "payload"...)})
		if err != nil || !equalFrames(frame, c.frame) || string(payload) != "payload" {
			t.Errorf("%s: read as %+v, %q, %v", c.name, frame, payload, err)
		}
		// The same in a header: the value carries the payload alone.
		headers := []serde.Header{{Key: "__key_schema_id", Value: []byte("not this one")}, {Key: "__value_schema_id", Value: c.want}}
		frame, payload, err = serde.ParseFrame(schemaType, serde.Value, serde.Data{Bytes: []byte("payload"), Headers: headers})
		if err != nil || !equalFrames(frame, c.frame) || string(payload) != "payload" {
			t.Errorf("%s: read from a header as %+v, %q, %v", c.name, frame, payload, err)
		}
		for n := range c.want {
			if frame, _, err := serde.ParseFrame(schemaType, serde.Value, serde.Data{Bytes: c.want[:n:n]}); err == nil || !serde.IsPoison(err) {
				t.Errorf("%s: its first %d bytes were read as %+v, %v", c.name, n, frame, err)
			}
			short := []serde.Header{{Key: "__value_schema_id", Value: c.want[:n:n]}}
			if frame, _, err := serde.ParseFrame(schemaType, serde.Value, serde.Data{Bytes: []byte{0, 0, 0, 0, 1, 0}, Headers: short}); err == nil || errors.Is(err, serde.NotFramed) {
				t.Errorf("%s: a header of its first %d bytes was read as %+v, %v", c.name, n, frame, err)
			}
		}
	}
}

func equalFrames(a, b serde.Frame) bool {
	return a.ID == b.ID && a.GUID == b.GUID && slices.Equal(a.MessageIndexes, b.MessageIndexes)
}

func TestFramesThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		data serde.Data
		want serde.Class
	}{
		"empty value":              {serde.Data{Bytes: []byte{}}, serde.NotFramed},
		"plain text":               {serde.Data{Bytes: []byte(`{"a":1}`)}, serde.NotFramed},
		"magic byte 2":             {serde.Data{Bytes: []byte{2, 0, 0, 0, 1}}, serde.NotFramed},
		"id cut off":               {serde.Data{Bytes: []byte{0, 0, 0, 0}}, serde.Truncated},
		"id 0":                     {serde.Data{Bytes: []byte{0, 0, 0, 0, 0, 0}}, serde.Malformed},
		"id above 2^31-1":          {serde.Data{Bytes: []byte{0, 0x80, 0, 0, 0, 0}}, serde.Malformed},
		"guid cut off":             {serde.Data{Bytes: append([]byte{1}, guid[:15]...)}, serde.Truncated},
		"guid zero":                {serde.Data{Bytes: make([]byte, 17)}, serde.Malformed},
		"no message indexes":       {serde.Data{Bytes: []byte{0, 0, 0, 0, 1}}, serde.Truncated},
		"count -1":                 {serde.Data{Bytes: []byte{0, 0, 0, 0, 1, 1, 0}}, serde.Malformed},
		"count beyond the bytes":   {serde.Data{Bytes: []byte{0, 0, 0, 0, 1, 20, 0, 0}}, serde.Truncated},
		"count 2^62":               {serde.Data{Bytes: []byte{0, 0, 0, 0, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 0}}, serde.Truncated},
		"count 2^63 in two's":      {serde.Data{Bytes: []byte{0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}}, serde.Malformed},
		"count of 65 bits":         {serde.Data{Bytes: []byte{0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2}}, serde.Malformed},
		"index -1":                 {serde.Data{Bytes: []byte{0, 0, 0, 0, 1, 2, 1}}, serde.Malformed},
		"index above 2^31-1":       {serde.Data{Bytes: []byte{0, 0, 0, 0, 1, 2, 0x80, 0x80, 0x80, 0x80, 0x10}}, serde.Malformed},
		"a path of 101":            {serde.Data{Bytes: append([]byte{0, 0, 0, 0, 1, 0xca, 1}, make([]byte, 101)...)}, serde.LimitExceeded},
		"an empty header":          {header(nil), serde.Malformed},
		"a header of another kind": {header([]byte("abc")), serde.Malformed},
	} {
		frame, _, err := serde.ParseFrame(registry.Protobuf, serde.Value, c.data)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: read as %+v, %v; want class %v", name, frame, err, c.want)
		}
	}
}

// header is a record whose bytes are framed well, and whose header says something else.
func header(value []byte) serde.Data {
	return serde.Data{Bytes: []byte{0, 0, 0, 0, 1, 0}, Headers: []serde.Header{{Key: "__value_schema_id", Value: value}}}
}

func TestTheLastOfRepeatedHeadersCounts(t *testing.T) {
	t.Parallel()
	id := func(n byte) serde.Header { return serde.Header{Key: "__key_schema_id", Value: []byte{0, 0, 0, 0, n}} }
	frame, _, err := serde.ParseFrame(registry.Avro, serde.Key, serde.Data{Bytes: []byte("x"), Headers: []serde.Header{id(1), id(2), {Key: "other"}}})
	if err != nil || frame.ID != 2 {
		t.Fatalf("read as %+v, %v; want id 2", frame, err)
	}
	broken := serde.Header{Key: "__key_schema_id", Value: []byte{0}}
	if frame, _, err := serde.ParseFrame(registry.Avro, serde.Key, serde.Data{Headers: []serde.Header{id(1), broken}, Bytes: []byte("x")}); err == nil {
		t.Fatalf("a malformed last header was passed over: %+v", frame)
	}
}

func TestBytesAfterAGUIDInAHeaderAreLeftAlone(t *testing.T) {
	t.Parallel()
	value := append(append([]byte{1}, guid[:]...), 9, 9)
	frame, payload, err := serde.ParseFrame(registry.Avro, serde.Value, serde.Data{Bytes: []byte{}, Headers: []serde.Header{{Key: "__value_schema_id", Value: value}}})
	if err != nil || frame.GUID != guid || payload == nil || len(payload) != 0 {
		t.Fatalf("read as %+v, %v, %v", frame, payload, err)
	}
}

func TestTheLongFormOfTheFirstMessageIsTheSame(t *testing.T) {
	t.Parallel()
	for _, b := range [][]byte{{0, 0, 0, 0, 1, 0, 'p'}, {0, 0, 0, 0, 1, 2, 0, 'p'}} {
		frame, payload, err := serde.ParseFrame(registry.Protobuf, serde.Value, serde.Data{Bytes: b})
		if err != nil || !slices.Equal(frame.MessageIndexes, []int{0}) || string(payload) != "p" {
			t.Errorf("% x: read as %+v, %q, %v", b, frame, payload, err)
		}
	}
}

func TestFramesThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for _, f := range []serde.Frame{{}, {ID: -1}, {ID: 1, MessageIndexes: []int{}}, {ID: 1, MessageIndexes: []int{-1}}, {GUID: guid, MessageIndexes: []int{0, -5}}} {
		dst := []byte("x")
		if got, err := serde.AppendFrame(dst, f); err == nil || string(got) != "x" {
			t.Errorf("%+v: written as % x, %v", f, got, err)
		}
	}
}

func FuzzParseFrame(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 1, 4, 2, 0, 'p'}, []byte(nil))
	f.Add([]byte("p"), append(append([]byte{1}, guid[:]...), 2, 0))
	f.Add([]byte{0, 0, 0, 0, 1, 0x80, 0x80}, []byte{})
	f.Fuzz(func(t *testing.T, data, head []byte) {
		d := serde.Data{Bytes: data}
		if head != nil {
			d.Headers = []serde.Header{{Key: "__value_schema_id", Value: head}}
		}
		for _, schemaType := range []registry.SchemaType{registry.Avro, registry.Protobuf} {
			frame, payload, err := serde.ParseFrame(schemaType, serde.Value, d)
			// The short way of the common frame agrees, for ids that there can be.
			if id, rest, ok := serde.CommonFrame(schemaType == registry.Protobuf, serde.Value, d); ok && id > 0 {
				first := frame.MessageIndexes == nil || slices.Equal(frame.MessageIndexes, []int{0})
				if err != nil || frame.ID != id || !first || !bytes.Equal(rest, payload) {
					t.Fatalf("id %d in short, in full %+v, %v", id, frame, err)
				}
			}
			if err != nil {
				if !serde.IsPoison(err) {
					t.Fatalf("an error that is not the record's own: %v", err)
				}
				continue
			}
			if (frame.ID > 0) == (!frame.GUID.IsZero()) || frame.ID < 0 {
				t.Fatalf("read as %+v", frame)
			}
			// What was read can be written, and is then read as the same.
			again, err := serde.AppendFrame(nil, frame)
			if err != nil {
				t.Fatal(err)
			}
			same, rest, err := serde.ParseFrame(schemaType, serde.Value, serde.Data{Bytes: append(again, payload...)})
			if err != nil || !equalFrames(same, frame) || !bytes.Equal(rest, payload) {
				t.Fatalf("%+v came back as %+v, %v", frame, same, err)
			}
		}
	})
}
