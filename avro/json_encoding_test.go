package avro_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/linkedin/goavro/v2"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/serde"
)

func TestJSONEncodingBySpecification(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		schema string
		binary string
		json   string
	}{
		{`"null"`, "", `null`},
		{`"boolean"`, "\x01", `true`},
		{`"long"`, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "-9223372036854775808"},
		{`"double"`, "\x00\x00\x00\x00\x00\x00\xf8\x3f", `1.5`},
		{`"double"`, "\x00\x00\x00\x00\x00\x00\xf0\xff", `"-Infinity"`},
		{`"float"`, "\x00\x00\x80\x7f", `"Infinity"`},
		{`"string"`, "\x0aa\"\n\xc3\xa9", `"a\"\né"`},
		{`"bytes"`, "\x06\x00\xffA", "\"\\u0000ÿA\""},
		{`{"type":"fixed","name":"F","size":2}`, "\x01\x80", "\"\\u0001\u0080\""},
		{`{"type":"enum","name":"E","symbols":["A","B"]}`, "\x02", `"B"`},
		{`{"type":"array","items":"int"}`, "\x04\x02\x04\x00", `[1,2]`},
		{`{"type":"array","items":"null"}`, "\x04\x00", `[null,null]`},
		{`{"type":"map","values":"int"}`, "\x02\x02k\x02\x00", `{"k":1}`},
		{`["null","string"]`, "\x00", `null`},
		{`["null","string"]`, "\x02\x02a", `{"string":"a"}`},
		{`["int",{"type":"fixed","name":"n.F","size":1}]`, "\x02A", `{"n.F":"A"}`},
		{`{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":["null","R"]}]}`, "\x02\x02\x04\x00", `{"a":1,"b":{"R":{"a":2,"b":null}}}`},
	} {
		s := avro.MustParse(tc.schema)
		got, err := s.AppendJSON([]byte("x"), []byte(tc.binary))
		if err != nil || string(got) != "x"+tc.json {
			t.Errorf("%s: %q in JSON: %s, %v, want %s", tc.schema, tc.binary, got, err, tc.json)
		}
		if back, err := s.AppendBinary([]byte("x"), []byte(tc.json)); err != nil || string(back) != "x"+tc.binary {
			t.Errorf("%s: %s in binary: %q, %v, want %q", tc.schema, tc.json, back, err, tc.binary)
		}
		for n := range len(tc.binary) {
			if got, err := s.AppendJSON([]byte("x"), []byte(tc.binary[:n])); err == nil || string(got) != "x" {
				t.Errorf("%s: %q is taken for a value: %s", tc.schema, tc.binary[:n], got)
			}
		}
	}
}

func TestJSONThatIsNoValueIsRefusedWithItsPlace(t *testing.T) {
	t.Parallel()
	const secret = "CANARY"
	record := `{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"l","type":{"type":"array","items":["null","string"]}},{"name":"d","type":"string","default":"x"}]}`
	for _, tc := range []struct {
		schema, text, path string
		class              serde.Class
	}{
		{`"int"`, `2147483648`, "", serde.TypeMismatch},
		{`"int"`, `1.0`, "", serde.TypeMismatch},
		{`"long"`, `"1"`, "", serde.TypeMismatch},
		{`"float"`, `1e39`, "", serde.TypeMismatch},
		{`"double"`, `"` + secret + `"`, "", serde.TypeMismatch},
		{`"bytes"`, `"Ā"`, "", serde.TypeMismatch},
		{`{"type":"fixed","name":"F","size":2}`, `"a"`, "", serde.TypeMismatch},
		{`{"type":"enum","name":"E","symbols":["A"]}`, `"` + secret + `"`, "", serde.TypeMismatch},
		{`["null","string"]`, `"` + secret + `"`, "", serde.TypeMismatch},
		{`["null","string"]`, `{"` + secret + `":"a"}`, "", serde.TypeMismatch},
		{`["string"]`, `null`, "", serde.TypeMismatch},
		{record, `{"l":[]}`, "a", serde.TypeMismatch},
		{record, `{"a":1,"l":[null,{"string":1}]}`, "l[1]", serde.TypeMismatch},
		{record, `{"a":1,"l":[],"` + secret + `":1}`, "", serde.TypeMismatch},
		{record, `[]`, "", serde.TypeMismatch},
		{`"int"`, `{"` + secret, "", serde.Malformed},
		{`"int"`, `1 ` + secret, "", serde.Malformed},
		{`"int"`, ``, "", serde.Malformed},
		{`{"type":"record","name":"R","fields":[{"name":"r","type":["null","R"]}]}`, strings.Repeat(`{"r":{"R":`, 2000) + "null" + strings.Repeat(`}}`, 2000), "", serde.Malformed},
	} {
		got, err := avro.MustParse(tc.schema).AppendBinary([]byte("x"), []byte(tc.text))
		e, ok := errors.AsType[*avro.EncodeError](err)
		if !ok || e.Path != tc.path || !errors.Is(err, tc.class) || string(got) != "x" {
			t.Errorf("%s: %.60s: %q, %v, want %v at %q", tc.schema, tc.text, got, err, tc.class, tc.path)
		} else if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the text shows in: %v", tc.schema, err)
		}
	}
	if got, err := avro.MustParse(record).AppendBinary(nil, []byte(` { "l" : [] , "a" : 1 } `)); err != nil || string(got) != "\x02\x00\x02x" {
		t.Errorf("another order, and a default: %q, %v", got, err)
	}
}

// Random data survive the way to JSON and back, and goavro's JSON is understood.
func TestJSONEncodingIsLossless(t *testing.T) {
	t.Parallel()
	g := &generator{Rand: rand.New(rand.NewPCG(7, 8))}
	for range 1500 {
		schema := g.schema(3)
		s := avro.MustParse(schema.text)
		theirs, err := goavro.NewCodec(schema.text)
		if err != nil {
			t.Fatal(err)
		}
		v := schema.value()
		payload := write(t, s, v)
		text, err := s.AppendJSON(nil, payload)
		if err != nil {
			t.Fatalf("%s: % x: %v", schema.text, payload, err)
		}
		if !json.Valid(text) {
			t.Fatalf("%s: %s is not JSON", schema.text, text)
		}
		again, err := s.AppendBinary(nil, text)
		if err != nil || !bytes.Equal(again, payload) {
			t.Fatalf("%s: % x became %s and % x, %v", schema.text, payload, text, again, err)
		}
		if strconv.IntSize < 64 {
			continue
		}
		foreign, err := theirs.TextualFromNative(nil, v)
		if err != nil {
			continue // what goavro cannot write
		}
		if again, err = s.AppendBinary(nil, foreign); err != nil || !bytes.Equal(again, payload) {
			t.Fatalf("%s: goavro's %s became % x, %v, want % x", schema.text, foreign, again, err, payload)
		}
	}
}

func TestJSONOfItemsWithoutBytesIsBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", 1000)
	s := avro.MustParse(`{"type":"array","items":{"type":"record","name":"R","fields":[{"name":"` + long + `","type":"null"}]}}`)
	if _, err := s.AppendJSON(nil, []byte("\xa0\x9c\x01\x00")); !errors.Is(err, serde.LimitExceeded) {
		t.Errorf("10,000 records of a kilobyte each from four bytes: %v", err)
	}
	d := avro.MustParse(`{"type":"array","items":{"type":"record","name":"R","fields":[{"name":"d","type":"string","default":"` + strings.Repeat("d", 10_000) + `"}]}}`)
	if _, err := d.AppendBinary(nil, []byte("["+strings.Repeat("{},", 10_000)+"{}]")); !errors.Is(err, serde.LimitExceeded) {
		t.Errorf("100 MB of defaults from 30 KB: %v", err)
	}
}

func FuzzJSONEncoding(f *testing.F) {
	schema := avro.MustParse(userEventSchema)
	enc, err := avro.NewEncoder[userEvent](schema)
	if err != nil {
		f.Fatal(err)
	}
	payload, err := enc.AppendEncode(nil, sampleEvent())
	if err != nil {
		f.Fatal(err)
	}
	text, err := schema.AppendJSON(nil, payload)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(payload, text)
	f.Fuzz(func(t *testing.T, payload, text []byte) {
		if out, err := schema.AppendJSON(nil, payload); err == nil {
			if !json.Valid(out) {
				t.Fatalf("not JSON: %s", out)
			}
			if _, err := schema.AppendBinary(nil, out); err != nil {
				t.Fatalf("%s is not taken back: %v", out, err)
			}
		}
		binary, err := schema.AppendBinary(nil, text)
		if err != nil {
			return
		}
		again, err := schema.AppendJSON(nil, binary)
		if err != nil {
			t.Fatalf("% x: %v", binary, err)
		}
		if back, err := schema.AppendBinary(nil, again); err != nil || !bytes.Equal(back, binary) {
			t.Fatalf("(-first +second) %v\n%s", err, cmp.Diff(binary, back))
		}
	})
}

func ExampleSchema_AppendJSON() {
	schema := avro.MustParse(`{"type":"record","name":"Click","fields":[{"name":"x","type":"int"},{"name":"on","type":["null","string"]}]}`)
	text, err := schema.AppendJSON(nil, []byte{0x0e, 0x02, 0x04, 'o', 'k'})
	fmt.Println(string(text), err)
	payload, err := schema.AppendBinary(nil, text)
	fmt.Printf("% x %v\n", payload, err)
	// Output:
	// {"x":7,"on":{"string":"ok"}} <nil>
	// 0e 02 04 6f 6b <nil>
}
