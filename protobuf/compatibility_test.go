package protobuf_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/protobuf"
)

// differences are lines of path and kind.
func differences(writer, reader *protobuf.Schema) string {
	var lines []string
	for _, d := range protobuf.CheckCompatibility(writer, reader) {
		lines = append(lines, d.Path+" "+string(d.Kind))
	}
	return strings.Join(lines, "\n")
}

func TestEachKindOfDifference(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ writer, reader, forth, back string }{
		"another package":            {`package a; message M { }`, `package b; message M { }`, "#/ PACKAGE_CHANGED", "#/ PACKAGE_CHANGED"},
		"a message that is gone":     {`message M { } message N { }`, `message M { }`, "#/N MESSAGE_REMOVED", ""},
		"a nested message":           {`message M { message N { } }`, `message M { }`, "#/M/N MESSAGE_REMOVED", ""},
		"an enum that is gone":       {`message M { } enum E { A = 0; }`, `message M { } `, "", ""},
		"a field more":               {`message M { }`, `message M { optional int32 a = 1; }`, "", ""},
		"another name":               {`message M { optional int32 b = 1; }`, `message M { optional int32 a = 1; }`, "", ""},
		"a required field more":      {`message M { }`, `message M { required int32 a = 1; }`, "#/M/1 REQUIRED_FIELD_ADDED", "#/M/1 REQUIRED_FIELD_REMOVED"},
		"ints are alike":             {`message M { optional int32 a = 1; optional bool b = 2; }`, `message M { optional uint64 a = 1; optional E b = 2; } enum E { A = 0; }`, "", ""},
		"strings and bytes":          {`message M { optional string a = 1; }`, `message M { repeated bytes a = 1; }`, "", ""},
		"zigzag is another encoding": {`message M { optional int32 a = 1; }`, `message M { optional sint32 a = 1; }`, "#/M/1 FIELD_SCALAR_KIND_CHANGED", "#/M/1 FIELD_SCALAR_KIND_CHANGED"},
		"fixed of another width":     {`message M { optional fixed32 a = 1; }`, `message M { optional fixed64 a = 1; }`, "#/M/1 FIELD_SCALAR_KIND_CHANGED", "#/M/1 FIELD_SCALAR_KIND_CHANGED"},
		"a scalar and a message":     {`message M { optional int32 a = 1; }`, `message M { optional M a = 1; }`, "#/M/1 FIELD_KIND_CHANGED", "#/M/1 FIELD_KIND_CHANGED"},
		"a map and a message":        {`message M { map<string, M> a = 1; }`, `message M { repeated M a = 1; }`, "#/M/1 FIELD_KIND_CHANGED", "#/M/1 FIELD_KIND_CHANGED"},
		"another key":                {`message M { map<string, M> a = 1; }`, `message M { map<int32, M> a = 1; }`, "#/M/1 FIELD_SCALAR_KIND_CHANGED", "#/M/1 FIELD_SCALAR_KIND_CHANGED"},
		"another value":              {`message M { map<string, double> a = 1; }`, `message M { map<string, float> a = 1; }`, "#/M/1 FIELD_SCALAR_KIND_CHANGED", "#/M/1 FIELD_SCALAR_KIND_CHANGED"},
		"another message": {
			`message M { optional N a = 1; } message N { } message O { }`, `message M { optional O a = 1; } message N { } message O { }`,
			"#/M/1 FIELD_NAMED_TYPE_CHANGED", "#/M/1 FIELD_NAMED_TYPE_CHANGED",
		},
		"repeated numbers are packed":  {`message M { optional int32 a = 1; }`, `message M { repeated int32 a = 1; }`, "#/M/1 FIELD_NUMERIC_LABEL_CHANGED", "#/M/1 FIELD_NUMERIC_LABEL_CHANGED"},
		"one field into a new oneof":   {`message M { optional int32 a = 1; }`, `message M { oneof o { int32 a = 1; } }`, "", ""},
		"a required field into one":    {`message M { required int32 a = 1; }`, `message M { oneof o { int32 a = 1; } }`, "", "#/M/1 REQUIRED_FIELD_ADDED"},
		"several into a new oneof":     {`message M { optional int32 a = 1; optional M b = 2; }`, `message M { oneof o { int32 a = 1; M b = 2; } }`, "#/M/o MULTIPLE_FIELDS_MOVED_TO_ONEOF", ""},
		"one into a oneof that was":    {`message M { optional int32 a = 1; oneof o { M b = 2; } }`, `message M { oneof o { int32 a = 1; M b = 2; } }`, "#/M/o FIELD_MOVED_TO_EXISTING_ONEOF", "#/M/o/1 ONEOF_FIELD_REMOVED"},
		"and the oneof has a new name": {`message M { optional int32 a = 1; oneof o { M b = 2; } }`, `message M { oneof p { int32 a = 1; M b = 2; } }`, "#/M/p FIELD_MOVED_TO_EXISTING_ONEOF", ""},
		"a oneof's field is gone":      {`message M { oneof o { int32 a = 1; M b = 2; } }`, `message M { oneof o { M b = 2; } }`, "#/M/o/1 ONEOF_FIELD_REMOVED", ""},
		"a oneof's field is another":   {`message M { oneof o { int32 a = 1; } }`, `message M { oneof o { string a = 1; } }`, "#/M/o/1 FIELD_SCALAR_KIND_CHANGED", "#/M/o/1 FIELD_SCALAR_KIND_CHANGED"},
	} {
		writer, reader := mustParse(t, `syntax = "proto2"; `+tc.writer), mustParse(t, `syntax = "proto2"; `+tc.reader)
		if d := cmp.Diff(tc.forth, differences(writer, reader)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		if d := cmp.Diff(tc.back, differences(reader, writer)); d != "" {
			t.Errorf("%s, the other way (-want +got):\n%s", name, d)
		}
		for _, s := range []*protobuf.Schema{writer, reader} {
			if got := differences(s, s); got != "" {
				t.Errorf("%s: it does not go with itself: %s", name, got)
			}
		}
	}
}

// What does no harm is told apart from what does, and both say where they are.
func TestAllDifferencesAreListed(t *testing.T) {
	t.Parallel()
	file := func(text, part string) *protobuf.Schema {
		return mustParse(t, `syntax = "proto3"; package acme; import "part.proto"; `+text, protobuf.Reference{Path: "part.proto", Schema: mustParse(t, part)})
	}
	writer := file(`message M { int32 a = 1; string gone = 2; optional string s = 3; part.P p = 4; oneof o { int32 x = 5; } oneof old { int32 y = 6; } enum E { A = 0; B = 1; C = 2; } enum Old { Z = 0; } }`,
		`syntax = "proto3"; package part; message P { string id = 1; }`)
	reader := file(`message M { int32 b = 1; repeated string s = 3; part.P p = 4; string new = 9; oneof o { int32 x = 5; int32 z = 7; } oneof fresh { int32 f = 8; } enum E { A = 0; BB = 1; D = 3; } enum New { Z = 0; } } message N { }`,
		`syntax = "proto3"; package part; message P { int64 id = 1; string more = 2; }`)
	var got []string
	for _, d := range protobuf.Differences(writer, reader) {
		harm := "harm"
		if d.Kind.Compatible() {
			harm = "fine"
		}
		got = append(got, fmt.Sprintf("%s %s %s %d %s", d.File, d.Path, d.Kind, d.Number, harm))
		if d.Kind.Description() == "" {
			t.Errorf("%s has no description", d.Kind)
		}
	}
	want := []string{
		" #/M/1 FIELD_NAME_CHANGED 1 fine",
		" #/M/2 FIELD_REMOVED 2 fine",
		" #/M/3 FIELD_STRING_OR_BYTES_LABEL_CHANGED 3 fine",
		" #/M/4 FIELD_NAMED_TYPE_CHANGED 4 harm",
		" #/M/9 FIELD_ADDED 9 fine",
		" #/M/E/1 ENUM_CONST_CHANGED 1 fine",
		" #/M/E/2 ENUM_CONST_REMOVED 2 fine",
		" #/M/E/3 ENUM_CONST_ADDED 3 fine",
		" #/M/New ENUM_ADDED 0 fine",
		" #/M/Old ENUM_REMOVED 0 fine",
		" #/M/fresh ONEOF_ADDED 0 fine",
		" #/M/o/7 ONEOF_FIELD_ADDED 7 fine",
		" #/M/old ONEOF_REMOVED 0 fine",
		" #/N MESSAGE_ADDED 0 fine",
		"part.proto #/P/1 FIELD_SCALAR_KIND_CHANGED 1 harm",
		"part.proto #/P/2 FIELD_ADDED 2 fine",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for _, d := range protobuf.Differences(writer, writer) {
		t.Errorf("it differs from itself: %s", d)
	}
	for _, d := range protobuf.CheckCompatibility(writer, reader) {
		if d.Kind.Compatible() {
			t.Errorf("%s does no harm", d)
		}
	}
}

func TestImportedMessagesAreComparedWhereTheyAreHeld(t *testing.T) {
	t.Parallel()
	file := func(id string) *protobuf.Schema {
		parts := mustParse(t, `syntax = "proto3"; package parts; message Part { Id id = 1; Part next = 2; message Id { `+id+` value = 1; } } message Unused { `+id+` x = 1; }`)
		return mustParse(t, `syntax = "proto3"; package acme; message Order { repeated parts.Part part = 3; map<string, parts.Part> more = 4; }`, protobuf.Reference{Path: "parts.proto", Schema: parts})
	}
	want := `#/Order/3 FIELD_NAMED_TYPE_CHANGED
#/Order/4 FIELD_NAMED_TYPE_CHANGED
#/Part/1 FIELD_NAMED_TYPE_CHANGED
#/Part/2 FIELD_NAMED_TYPE_CHANGED
#/Part/Id/1 FIELD_SCALAR_KIND_CHANGED`
	if d := cmp.Diff(want, differences(file("string"), file("int32"))); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := differences(file("int32"), file("int64")); got != "" {
		t.Errorf("what is encoded alike: %s", got)
	}
}

// Many messages that hold each other: each pair is compared once.
func TestComparisonOfMessagesThatHoldEachOtherEnds(t *testing.T) {
	t.Parallel()
	file := func(last string) *protobuf.Schema {
		text := `syntax = "proto3"; package p;`
		const n = 200
		for i := range n {
			text += fmt.Sprintf(` message M%d {`, i)
			for j := range 20 {
				text += fmt.Sprintf(` M%d f%d = %d;`, (i+j*7+1)%n, j, j+1)
			}
			text += ` ` + last + ` last = 100; }`
		}
		return mustParse(t, `syntax = "proto3"; message A { p.M0 m = 1; }`, protobuf.Reference{Path: "p.proto", Schema: mustParse(t, text)})
	}
	if got := len(protobuf.CheckCompatibility(file("string"), file("int32"))); got != 1+200*21 {
		t.Errorf("%d differences, want %d", got, 1+200*21)
	}
}

func ExampleCheckCompatibility() {
	writer, err := protobuf.Parse(`syntax = "proto3"; message Event { string id = 1; }`)
	if err != nil {
		fmt.Println(err)
		return
	}
	reader, err := protobuf.Parse(`syntax = "proto3"; message Event { int64 id = 1; }`)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range protobuf.CheckCompatibility(writer, reader) {
		fmt.Println(d)
	}
	// Output: #/Event/1: FIELD_SCALAR_KIND_CHANGED: the field's scalar type is encoded in another way
}
