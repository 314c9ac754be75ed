package protobuf_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/concord-go/concord/protobuf"
	"github.com/concord-go/concord/protobuf/internal/testpb"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
	"github.com/concord-go/concord/serde/serdetest"
)

// nest wraps a payload in a length-delimited field, so often.
func nest(payload []byte, number protowire.Number, times int) []byte {
	var heads [][]byte
	size := len(payload)
	for range times {
		head := protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.BytesType), uint64(size))
		heads, size = append(heads, head), size+len(head)
	}
	b := make([]byte, 0, size)
	for _, head := range slices.Backward(heads) {
		b = append(b, head...)
	}
	return append(b, payload...)
}

func groups(number protowire.Number, times int) []byte {
	b := bytes.Repeat(protowire.AppendTag(nil, number, protowire.StartGroupType), times)
	return append(b, bytes.Repeat(protowire.AppendTag(nil, number, protowire.EndGroupType), times)...)
}

func TestHostilePayloadsAreTypedErrorsWithTheirPlace(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	tree := serialize(t, newSerializer(t, reg, protobuf.For[*testpb.Tree]()), &testpb.Tree{}).Bytes
	order := serialize(t, newSerializer(t, reg, protobuf.For[*testpb.Order]()), &testpb.Order{Id: proto.String("")}).Bytes[:6]
	for name, c := range map[string]struct {
		frame   []byte
		payload []byte
		class   serde.Class
		path    string
		offset  int
	}{
		"a length beyond the payload":      {tree, unhex(t, "0a05 6161"), serde.Truncated, "name", 0},
		"a length of 2^63":                 {tree, unhex(t, "0a ffffffffffffffffff01"), serde.Truncated, "name", 0},
		"a length that is no number":       {tree, unhex(t, "0a ffffffffffffffffffff7f"), serde.Malformed, "name", 0},
		"a tag cut off":                    {tree, unhex(t, "80"), serde.Truncated, "", 0},
		"field number 0":                   {tree, unhex(t, "00 00"), serde.Malformed, "", 0},
		"wire type 7":                      {tree, unhex(t, "0f"), serde.Malformed, "name", 0},
		"inside, beyond its message":       {tree, unhex(t, "12 02 0a05"), serde.Truncated, "children[0].name", 2},
		"inside, with bytes after it":      {tree, unhex(t, "12 02 0a05 0a00"), serde.Malformed, "children[0].name", 2},
		"a string that is no UTF-8":        {tree, unhex(t, "0a01 61 12 00 12 03 0a01ff"), serde.Malformed, "children[1].name", 9},
		"a group that does not end":        {tree, unhex(t, "7b 08 01"), serde.Truncated, "", 0},
		"an end without a group":           {tree, unhex(t, "7c"), serde.Malformed, "", 0},
		"another group's end":              {tree, unhex(t, "7b 84 01"), serde.Malformed, "", 0},
		"101 messages in each other":       {tree, nest(nil, 2, 100), serde.LimitExceeded, "children[0]" + strings.Repeat(".children[0]", 99), 0},
		"250,000 messages in each other":   {tree, nest(nil, 2, 250_000), serde.LimitExceeded, "children[0]" + strings.Repeat(".children[0]", 99), 0},
		"two messages in turn":             {tree, nest(nest(nil, 1, 1), 3, 1), serde.Unclassified, "", 0},
		"250,000 unknown groups":           {tree, groups(15, 250_000), serde.LimitExceeded, "", 0},
		"250,000 known groups":             {order, groups(10, 250_000), serde.LimitExceeded, "box", 0},
		"a value that is deep":             {tree, nest(nest(nil, 6, 1), 5, 1), serde.Unclassified, "", 0},
		"250,000 lists in a Value":         {tree, nest(deepValue(125_000), 5, 1), serde.LimitExceeded, "", -1},
		"a required field that is missing": {order, unhex(t, "10 01"), serde.Malformed, "", 0},
		"packed numbers, cut off":          {order, unhex(t, "0a00 4a 02 01 80"), serde.Truncated, "packed[0]", 5},
		"an entry of a map, cut off":       {order, unhex(t, "0a00 72 03 08 01 12"), serde.Truncated, "lines[*]", -1},
	} {
		for _, reader := range []string{"typed", "dynamic"} {
			data := serde.Data{Bytes: slices.Concat(c.frame, c.payload)}
			err := readTreeOrOrder(t, reg, reader, c.frame[4] == tree[4], data)
			if c.class == serde.Unclassified {
				if err != nil {
					t.Errorf("%s, %s: %v", name, reader, err)
				}
				continue
			}
			e, ok := errors.AsType[*protobuf.DecodeError](err)
			if !ok || !errors.Is(err, c.class) || !serde.IsPoison(err) {
				t.Errorf("%s, %s: %.300v, want class %v", name, reader, err, c.class)
				continue
			}
			if c.offset >= 0 && c.class != serde.LimitExceeded && (e.Path != c.path || e.Offset != c.offset) {
				t.Errorf("%s, %s: %q at %d, want %q at %d", name, reader, e.Path, e.Offset, c.path, c.offset)
			}
			if c.class == serde.LimitExceeded && c.path != "" && !strings.HasPrefix(e.Path, c.path) {
				t.Errorf("%s, %s: %.100q, want %.100q", name, reader, e.Path, c.path)
			}
		}
	}
}

// deepValue is a google.protobuf.Value with lists in lists.
func deepValue(times int) []byte {
	var heads [][]byte
	size := 0
	for i := range 2 * times {
		number := protowire.Number(1) // values of a ListValue
		if i%2 == 1 {
			number = 6 // list_value of a Value
		}
		head := protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.BytesType), uint64(size))
		heads, size = append(heads, head), size+len(head)
	}
	slices.Reverse(heads)
	return slices.Concat(heads...)
}

func readTreeOrOrder(t *testing.T, reg *serdetest.Registry, reader string, tree bool, data serde.Data) error {
	t.Helper()
	var err error
	switch {
	case reader == "dynamic":
		var v *dynamicpb.Message
		_, err = newDeserializer(t, reg, protobuf.Dynamic()).Deserialize(ctx, field, data, &v)
	case tree:
		var v *testpb.Tree
		_, err = newDeserializer(t, reg, protobuf.For[*testpb.Tree]()).Deserialize(ctx, field, data, &v)
	default:
		var v *testpb.Order
		_, err = newDeserializer(t, reg, protobuf.For[*testpb.Order]()).Deserialize(ctx, field, data, &v)
	}
	return err
}

// Whatever a million bytes say, reading them takes little more memory than they do.
func TestHostilePayloadsTakeLittleMemory(t *testing.T) {
	reg := new(serdetest.Registry)
	frame := serialize(t, newSerializer(t, reg, protobuf.For[*testpb.Tree]()), &testpb.Tree{}).Bytes
	d := newDeserializer(t, reg, protobuf.For[*testpb.Tree]())
	for name, payload := range map[string][]byte{
		"messages":       nest(nil, 2, 200_000),
		"unknown groups": groups(15, 500_000),
		"lengths":        bytes.Repeat(unhex(t, "0a ffffffff07"), 200_000),
	} {
		data := serde.Data{Bytes: append(slices.Clone(frame), payload...)}
		var v *testpb.Tree
		read := func() {
			if _, err := d.Deserialize(ctx, field, data, &v); err == nil {
				t.Errorf("%s: taken", name)
			}
		}
		read()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		read()
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%s: %d bytes allocated", name, n)
		}
	}
}

// Other clients keep a descriptor in base64 in place of the text.
func TestSerializedDescriptorsAreRead(t *testing.T) {
	t.Parallel()
	files := sources(t)
	encode := func(path string) string {
		fd := compile(t, files, path)
		b, err := proto.Marshal(protodesc.ToFileDescriptorProto(fd))
		if err != nil {
			t.Fatal(err)
		}
		return base64.StdEncoding.EncodeToString(b)
	}
	reg := new(serdetest.Registry)
	reference := func(path string, references ...registry.Reference) registry.Reference {
		register(t, reg, registry.Subject(path), encode(path), references...)
		return registry.Reference{Name: path, Subject: registry.Subject(path), Version: 1}
	}
	country := reference("acme/parts/country.proto")
	address, money := reference("acme/parts/address.proto", country), reference("acme/parts/money.proto", country)
	id := register(t, reg, "events-value", encode("acme/events/user_event.proto"), address, money)
	payload, err := proto.Marshal(sampleEvent())
	if err != nil {
		t.Fatal(err)
	}
	data := serde.Data{Bytes: append([]byte{0, 0, 0, 0, byte(id), 0}, payload...)}
	var typed *testpb.UserEvent
	if _, err := newDeserializer(t, reg, protobuf.For[*testpb.UserEvent]()).Deserialize(ctx, field, data, &typed); err != nil || !proto.Equal(typed, sampleEvent()) {
		t.Errorf("%v, %v", typed, err)
	}
	var dynamic *dynamicpb.Message
	if _, err := newDeserializer(t, reg, protobuf.Dynamic()).Deserialize(ctx, field, data, &dynamic); err != nil {
		t.Fatal(err)
	}
	back := new(testpb.UserEvent)
	if got, err := protobuf.AppendJSON(nil, dynamic); err != nil {
		t.Error(err)
	} else if fromJSON(t, string(got), back); !proto.Equal(back, sampleEvent()) {
		t.Errorf("%s", got)
	}
	latest := newSerializer(t, reg, protobuf.For[*testpb.UserEvent](), serde.WithWriterSchema(serde.Latest()))
	if got := serialize(t, latest, &testpb.UserEvent{UserId: "u"}); !bytes.Equal(got.Bytes, []byte{0, 0, 0, 0, byte(id), 0, 0x0a, 1, 'u'}) {
		t.Errorf("%x", got.Bytes)
	}
}

// A descriptor is kept as its text, and comes from the text again.
func TestSerializedDescriptorsAreParsedAndMade(t *testing.T) {
	t.Parallel()
	files := sources(t)
	for _, path := range []string{"acme/legacy/order.proto", "acme/events/nested.proto", "acme/events/edition.proto", "acme/events/tree.proto"} {
		fd := compile(t, files, path)
		want := protodesc.ToFileDescriptorProto(fd)
		b, err := proto.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		s := mustParse(t, base64.StdEncoding.EncodeToString(b))
		b, err = s.Descriptor()
		if err != nil {
			t.Fatalf("%s: %v\n%s", path, err, s)
		}
		got := new(descriptorpb.FileDescriptorProto)
		if err := proto.Unmarshal(b, got); err != nil || got.GetName() != "default" || len(got.MessageType) != len(want.MessageType) || got.GetPackage() != want.GetPackage() {
			t.Errorf("%s: %v, %v", path, got, err)
		}
		if again := mustParse(t, base64.StdEncoding.EncodeToString(b)); again.String() != s.String() {
			t.Errorf("%s: (-first +second)\n%s", path, cmp.Diff(s.String(), again.String()))
		}
	}
	if _, err := mustParse(t, `syntax = "proto3"; message A { int32 a = 1; int32 a = 1; }`).Descriptor(); !errors.Is(err, serde.InvalidSchema) {
		t.Errorf("a text that compilers refuse: %v", err)
	}
}

func TestHostileSchemasAreTypedErrors(t *testing.T) {
	t.Parallel()
	deep := &descriptorpb.DescriptorProto{Name: proto.String("M")}
	for range 500 {
		deep = &descriptorpb.DescriptorProto{Name: proto.String("M"), NestedType: []*descriptorpb.DescriptorProto{deep}}
	}
	b, err := proto.Marshal(&descriptorpb.FileDescriptorProto{Name: proto.String("a"), MessageType: []*descriptorpb.DescriptorProto{deep}})
	if err != nil {
		t.Fatal(err)
	}
	var many strings.Builder
	many.WriteString("syntax = \"proto3\"; enum E {")
	for i := range 100_000 {
		fmt.Fprintf(&many, "V%d = %d;", i, i)
	}
	for name, text := range map[string]string{
		"nothing":                "",
		"10,000 levels":          `syntax = "proto3";` + strings.Repeat("message M {", 10_000),
		"10,000 braces":          `option a = ` + strings.Repeat("{ a: ", 10_000),
		"a deep descriptor":      base64.StdEncoding.EncodeToString(b),
		"base64 of nothing":      "AAAA",
		"100,000 values, no end": many.String(),
		"no message":             `syntax = "proto3"; enum E { A = 0; }`,
	} {
		reg := new(serdetest.Registry)
		id := register(t, reg, "events-value", text)
		data := serde.Data{Bytes: []byte{0, 0, 0, 0, byte(id), 0}}
		var typed *testpb.First
		_, err := newDeserializer(t, reg, protobuf.For[*testpb.First]()).Deserialize(ctx, field, data, &typed)
		if !serde.IsPoison(err) {
			t.Errorf("%s, typed: %v", name, err)
		}
		var dynamic *dynamicpb.Message
		_, err = newDeserializer(t, reg, protobuf.Dynamic()).Deserialize(ctx, field, data, &dynamic)
		if !serde.IsPoison(err) {
			t.Errorf("%s, dynamic: %v", name, err)
		}
	}
	// A file that imports itself under the name the compiler gives it.
	reg := new(serdetest.Registry)
	a := register(t, reg, "a", `syntax = "proto3"; import "schema.proto"; message A { }`)
	_ = a
	id := register(t, reg, "events-value", `syntax = "proto3"; import "schema.proto"; message B { A a = 1; }`, registry.Reference{Name: "schema.proto", Subject: "a", Version: 1})
	var v *dynamicpb.Message
	if _, err := newDeserializer(t, reg, protobuf.Dynamic()).Deserialize(ctx, field, serde.Data{Bytes: []byte{0, 0, 0, 0, byte(id), 0}}, &v); !errors.Is(err, serde.InvalidSchema) {
		t.Errorf("an import of itself: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	reg := new(serdetest.Registry)
	for _, v := range []*testpb.UserEvent{{}, sampleEvent()} {
		b, err := proto.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add(groups(10, 3))
	f.Add(nest(nil, 9, 200))
	frame := serialize(f, newSerializer(f, reg, protobuf.For[*testpb.UserEvent]()), &testpb.UserEvent{}).Bytes
	typed, dynamic := newDeserializer(f, reg, protobuf.For[*testpb.UserEvent]()), newDeserializer(f, reg, protobuf.Dynamic())
	f.Fuzz(func(t *testing.T, payload []byte) {
		data := serde.Data{Bytes: append(slices.Clone(frame), payload...)}
		var v *testpb.UserEvent
		_, err := typed.Deserialize(ctx, field, data, &v)
		var d *dynamicpb.Message
		_, err2 := dynamic.Deserialize(ctx, field, data, &d)
		if (err == nil) != (err2 == nil) {
			t.Fatalf("typed: %v, dynamic: %v", err, err2)
		}
		if err == nil {
			if want := new(testpb.UserEvent); proto.Unmarshal(payload, want) != nil || !proto.Equal(v, want) {
				t.Fatal("another value than proto.Unmarshal's")
			}
			return
		}
		if _, ok := errors.AsType[*protobuf.DecodeError](err); !ok || !serde.IsPoison(err) {
			t.Fatal(err)
		}
	})
}
