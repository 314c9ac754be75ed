package protobuf_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/protobuf"
	"github.com/concord-go/concord/serde"
)

func mustParse(t testing.TB, text string, references ...protobuf.Reference) *protobuf.Schema {
	t.Helper()
	s, err := protobuf.Parse(text, references...)
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return s
}

// everything has each declaration, in an order and layout that no registry keeps.
const everything = `// A comment.
syntax = 'proto2'; /* and
another */ import public "b.proto"; import "google/protobuf/timestamp.proto"; import weak "w.proto"; import "a.proto";
package acme.shop;
service Desk { option (s) = true; rpc Ask (Order) returns (stream Order) { option deprecated = true; } rpc Tell (stream .acme.shop.Order) returns (Order); }
enum Size { option allow_alias = true; LARGE = 2; SMALL = 0x1; TINY = 1 [deprecated = true]; reserved 5 to max, "OLD"; }
message Order {
  message Line { required string sku = 2; optional Order.Line next = 1 [lazy = true, (my).option = "x"]; }
  oneof choice { option (o) = 1; string card = 7; Size size = 6; }
  oneof nothing { }
  extensions 100 to 199, 300;
  reserved "gone", 20, 10 to 12;
  option (m) = { text: "a\"b", list: [1, 2], inner { x: -1 } };
  map<string, Line> lines = 3;
  optional group Box = 4 { optional int32 width = 1; }
  optional google.protobuf.Timestamp at = 1;;
  repeated int32 codes = 5;
  extend Order { optional bool flag = 150; }
}
option java_package = "org.acme"; option go_package = "acme";
extend Order { optional string note = 101; }
`

const everythingKept = `syntax = "proto2";
package acme.shop;

import "google/protobuf/timestamp.proto";
import "a.proto";
import public "b.proto";

option java_package = "org.acme";
option go_package = "acme";

message Order {
  reserved "gone", 20, 10 to 12;

  option (m) = {
    text: "a\"b",
    list: [
      1,
      2
    ],
    inner: {
      x: -1
    }
  };

  map<string, Line> lines = 3;
  optional google.protobuf.Timestamp at = 1;
  repeated int32 codes = 5;

  oneof choice {
    option (o) = 1;
  
    string card = 7;
    Size size = 6;
  }
  oneof nothing {}

  optional group Box = 4 {
    optional int32 width = 1;
  }

  extensions 100 to 199, 300;

  message Line {
    required string sku = 2;
    optional Order.Line next = 1 [
      lazy = true,
      (my).option = "x"
    ];
  }

  extend Order {
    optional bool flag = 150;
  }
}
enum Size {
  reserved 5 to max, "OLD";

  option allow_alias = true;
  LARGE = 2;
  SMALL = 1;
  TINY = 1 [deprecated = true];
}

extend Order {
  optional string note = 101;
}

service Desk {
  option (s) = true;

  rpc Ask (Order) returns (stream Order) {
    option deprecated = true;
  }
  rpc Tell (stream .acme.shop.Order) returns (Order);
}
`

const everythingNormal = `package acme.shop;

import "a.proto";
import "google/protobuf/timestamp.proto";
import public "b.proto";

option go_package = "acme";
option java_package = "org.acme";

message Order {
  reserved 10 to 12;
  reserved 20;
  reserved "gone";

  option (m) = {
    inner: {
      x: -1
    },
    list: [
      1,
      2
    ],
    text: "a\"b"
  };

  optional .google.protobuf.Timestamp at = 1;
  map<string, .acme.shop.Order.Line> lines = 3;
  repeated int32 codes = 5;

  oneof choice {
    option (o) = 1;
  
    .acme.shop.Size size = 6;
    string card = 7;
  }

  optional group Box = 4 {
    optional int32 width = 1;
  }

  extensions 100 to 199, 300;

  message Line {
    optional .acme.shop.Order.Line next = 1 [
      (my).option = "x",
      lazy = true
    ];
    required string sku = 2;
  }

  extend .acme.shop.Order {
    optional bool flag = 150;
  }
}
enum Size {
  reserved 5 to max;
  reserved "OLD";

  option allow_alias = true;
  SMALL = 1;
  TINY = 1 [deprecated = true];
  LARGE = 2;
}

extend .acme.shop.Order {
  optional string note = 101;
}

service Desk {
  option (s) = true;

  rpc Ask (.acme.shop.Order) returns (stream .acme.shop.Order) {
    option deprecated = true;
  }
  rpc Tell (stream .acme.shop.Order) returns (.acme.shop.Order);
}
`

func TestTextsAreLaidOutAsRegistriesKeepThem(t *testing.T) {
	t.Parallel()
	s := mustParse(t, everything)
	if d := cmp.Diff(everythingKept, s.String()); d != "" {
		t.Errorf("kept (-want +got):\n%s", d)
	}
	if d := cmp.Diff(everythingNormal, s.Normalized()); d != "" {
		t.Errorf("normal form (-want +got):\n%s", d)
	}
	again := mustParse(t, s.String())
	if again.String() != s.String() || again.Normalized() != s.Normalized() {
		t.Error("the text that is kept does not say the same")
	}
	if s.Package() != "acme.shop" {
		t.Errorf("package %q", s.Package())
	}
}

func TestTextsThatAreNoFilesAreRefusedWithTheirPlace(t *testing.T) {
	t.Parallel()
	const deep = 200
	for text, want := range map[string]string{
		"":                                    "there is no declaration",
		" // only a comment":                  "there is no declaration",
		`import weak "a.proto";`:              "there is no declaration besides weak imports",
		"null":                                "line 1, column 1: a declaration",
		`edition = "new";`:                    "a year",
		`message A { } edition = "2023";`:     "first",
		`syntax = "proto4";`:                  "proto2 or proto3",
		`syntax = proto3;`:                    "in quotes",
		"message A { }\nsyntax = \"proto3\";": "line 2, column 1: the syntax must be the first",
		`syntax = "proto3"`:                   "the text ends",
		"message {":                           "the message's name",
		"message A { int32 a = 1; }":          "needs a label",
		`syntax = "proto3"; message A { required int32 a = 1; }`:               "no required fields",
		`syntax = "proto3"; message A { int32 a = x; }`:                        "column 42: the field's number",
		`syntax = "proto3"; message A { int32 a = 99999999999; }`:              "the field's number",
		`syntax = "proto3"; message A { B b = 1; }`:                            "there is no type B",
		`syntax = "proto3"; message A { map<float, string> m = 1; }`:           "a map's key",
		`syntax = "proto3"; message A { repeated map<string, string> m = 1; }`: "a map has no label",
		`syntax = "proto3"; message A { oneof o { repeated int32 a = 1; } }`:   "a field of a oneof",
		`syntax = "proto3"; message A { } message A { }`:                       "two types named A",
		`syntax = "proto3"; service S { } service S { }`:                       "two services named S",
		`syntax = "proto3"; service S { rpc Do (A) returns (A); }`:             "there is no message A",
		`syntax = "proto3"; message A { string a = 1 [x = "y]; }`:              "a string does not end",
		`syntax = "proto3"; /* `:                                               "a comment does not end",
		`syntax = "proto3"; package a; package b;`:                             "two packages",
		`syntax = "proto3"; ` + strings.Repeat("message A {", deep):            "nested too deeply",
		`option x = ` + strings.Repeat("{a:", deep):                            "nested too deeply",
		`option x = ` + strings.Repeat("[", deep):                              "nested too deeply",
		`syntax = "proto3"; enum E { A = 0 }`:                                  `";" is wanted`,
	} {
		s, err := protobuf.Parse(text)
		e, ok := errors.AsType[*protobuf.SchemaError](err)
		if s != nil || !ok || !errors.Is(err, serde.InvalidSchema) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %q", text, err, want)
			continue
		}
		if limit := strings.Contains(want, "nested"); errors.Is(e, serde.LimitExceeded) != limit {
			t.Errorf("%.80s: %v: LimitExceeded is %t", text, err, !limit)
		}
	}
	if _, err := protobuf.Parse(strings.Repeat("\n", 17<<20)); !errors.Is(err, serde.LimitExceeded) {
		t.Errorf("17 MiB: %v", err)
	}
}

// What protoc would refuse and registries take.
func TestTextsThatOnlyRegistriesTake(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`message A { }`,
		`syntax = "proto3"; package 1a; message 1A { }`,
		`syntax = "proto3"; import "other.proto"; message A-B { }`,
		`syntax = "proto3"; message A { int32 a = 0; int32 a = -1; int32 b = 0115; }`,
		`syntax = "proto3"; message A { reserved 1; int32 a = 1; }`,
		`syntax = "proto3"; message A { enum E { } google.protobuf.Timestamp t = 1; }`,
		`syntax = "proto3"; message A { map<string, map<string,string>> m = 1; }`,
		`syntax = "proto3"; enum E { A = 1; A = 1; }`,
		`syntax = "proto3"; message A { int32 a = 1; oneof o { string b = 1; } message B { int32 a = 1; } message B { string a = 1; } }`,
		`syntax = "proto3"; message A { oneof o { int32 b = 1; string c = 1; } oneof o { string b = 1; } }`,
	} {
		s := mustParse(t, text)
		again := mustParse(t, s.String())
		if again.String() != s.String() {
			t.Errorf("%s: kept as\n%s\nand then as\n%s", text, s, again)
		}
		if found := protobuf.CheckCompatibility(s, again); len(found) != 0 {
			t.Errorf("%s: does not go with itself: %v", text, found)
		}
	}
}

func TestEditionsAreTaken(t *testing.T) {
	t.Parallel()
	const text = `edition = "2024";
package acme;

import "a.proto";
import option "b.proto";

option features.field_presence = IMPLICIT;

export message A {
  reserved gone, never, 5 to 7;

  string id = 1 [features.field_presence = EXPLICIT];
  repeated A many = 2;

  local enum E {
    X = 0;
  }
}
local message B {}
`
	s := mustParse(t, text)
	if s.String() != text || s.Edition() != "2024" {
		t.Errorf("edition %q, kept as\n%s", s.Edition(), s)
	}
}

func TestTypesOfImportedFilesAreFound(t *testing.T) {
	t.Parallel()
	base := mustParse(t, `syntax = "proto3"; package base; message Id { string value = 1; }`)
	parts := mustParse(t, `syntax = "proto3"; package acme.parts; import "base.proto"; message Part { base.Id id = 1; enum Kind { A = 0; } }`, protobuf.Reference{Path: "base.proto", Schema: base})
	s := mustParse(t, `syntax = "proto3"; package acme; import "parts.proto"; message Order { parts.Part part = 1; repeated .acme.parts.Part.Kind kind = 2; base.Id id = 3; }`,
		protobuf.Reference{Path: "parts.proto", Schema: parts})
	want := "message Order {\n  .acme.parts.Part part = 1;\n  repeated .acme.parts.Part.Kind kind = 2;\n  .base.Id id = 3;\n}\n"
	if !strings.HasSuffix(s.Normalized(), want) {
		t.Errorf("%s\nwant at its end\n%s", s.Normalized(), want)
	}
	if refs := s.References(); len(refs) != 1 || refs[0].Schema != parts {
		t.Errorf("references %v", refs)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(everything)
	f.Add(`syntax = "proto3"; message A { map<string, A> m = 1; oneof o { bytes b = 2; } }`)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := protobuf.Parse(text)
		if err != nil {
			if !errors.Is(err, serde.InvalidSchema) {
				t.Fatalf("%v has no class", err)
			}
			return
		}
		again, err := protobuf.Parse(s.String())
		if err != nil {
			t.Fatalf("kept as\n%s\nwhich is refused: %v", s, err)
		}
		if _, err := protobuf.Parse(s.Normalized()); err != nil {
			t.Fatalf("the normal form\n%s\nis refused: %v", s.Normalized(), err)
		}
		if d := cmp.Diff(s.String(), again.String()); d != "" {
			t.Fatalf("(-first +second):\n%s", d)
		}
		if d := protobuf.CheckCompatibility(s, again); len(d) != 0 {
			t.Fatalf("it does not go with itself: %v", d)
		}
	})
}

func ExampleParse() {
	s, err := protobuf.Parse(`syntax="proto3"; package acme; message Event { Kind kind = 2; string id = 1; enum Kind { CLICK = 0; } }`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(s.Normalized())
	// Output:
	// syntax = "proto3";
	// package acme;
	//
	// message Event {
	//   string id = 1;
	//   .acme.Event.Kind kind = 2;
	//
	//   enum Kind {
	//     CLICK = 0;
	//   }
	// }
}
