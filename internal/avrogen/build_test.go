package avrogen

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func model(t *testing.T, texts ...string) *Package {
	t.Helper()
	var sources []Source
	for i, text := range texts {
		sources = append(sources, Source{Name: fmt.Sprintf("dir/s%d.avsc", i), Text: text})
	}
	all, err := load(sources)
	if err != nil {
		t.Fatal(err)
	}
	p, err := build("p", all)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var shapeNames = [...]string{
	"Null", "Boolean", "Int", "Long", "Float", "Double", "Bytes", "String", "Time", "Clock", "DecimalNumber", "CalendarPeriod",
	"RecordValue", "EnumValue", "FixedValue", "Array", "Map", "Optional", "OptionalNil", "Single", "UnionValue",
}

// sketch is a value in short: its shape, its Go type and what is within it.
func sketch(v *Value) string {
	s := shapeNames[v.Shape] + " " + v.Go
	if v.Null >= 0 {
		s += fmt.Sprintf(" null=%d", v.Null)
	}
	if v.Elem != nil {
		s += " (" + sketch(v.Elem) + ")"
	}
	if v.Union != nil {
		for _, b := range v.Union.Branches {
			wrapper := ""
			if b.Wrapper {
				wrapper = " wraps"
			}
			s += fmt.Sprintf(" [%d %s: %s%s %s]", b.Index, b.Name, b.GoType, wrapper, sketch(b.Value))
		}
	}
	return s
}

func TestEveryTypeHasItsShape(t *testing.T) {
	t.Parallel()
	for typ, want := range map[string]string{
		`"null"`: "Null struct{}", `"boolean"`: "Boolean bool", `"int"`: "Int int32", `"long"`: "Long int64", `"float"`: "Float float32",
		`"double"`: "Double float64", `"bytes"`: "Bytes []byte", `"string"`: "String string",
		`"E"`: "EnumValue E", `"F"`: "FixedValue F", `"S"`: "RecordValue S",
		`{"type":"array","items":"int"}`:                                             "Array []int32 (Int int32)",
		`{"type":"map","values":["null","S"]}`:                                       "Map map[string]*S (Optional *S null=0 (RecordValue S))",
		`{"type":"int","logicalType":"date"}`:                                        "Time time.Time",
		`{"type":"int","logicalType":"time-millis"}`:                                 "Clock time.Duration",
		`{"type":"int","logicalType":"time-micros"}`:                                 "Int int32", // which needs a long
		`{"type":"string","logicalType":"uuid"}`:                                     "String string",
		`{"type":"long","logicalType":"timestamp-nanos"}`:                            "Time time.Time",
		`{"type":"bytes","logicalType":"decimal","precision":3}`:                     "DecimalNumber *big.Rat",
		`{"type":"fixed","name":"D","size":3,"logicalType":"decimal","precision":3}`: "DecimalNumber *big.Rat",
		`{"type":"fixed","name":"P","size":12,"logicalType":"duration"}`:             "CalendarPeriod avro.CalendarDuration",
		`{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}`:                 "FixedValue U",
		`["null","string"]`:                      "Optional *string null=0 (String string)",
		`["string","null"]`:                      "Optional *string null=1 (String string)",
		`["null","bytes"]`:                       "OptionalNil []byte null=0 (Bytes []byte)",
		`[{"type":"map","values":"int"},"null"]`: "OptionalNil map[string]int32 null=1 (Map map[string]int32 (Int int32))",
		`["null",{"type":"array","items":"S"}]`:  "OptionalNil []S null=0 (Array []S (RecordValue S))",
		`["null",{"type":"bytes","logicalType":"decimal","precision":3}]`: "OptionalNil *big.Rat null=0 (DecimalNumber *big.Rat)",
		`["null",{"type":"int","logicalType":"date"}]`:                    "Optional *time.Time null=0 (Time time.Time)",
		`["int"]`:                "Single int32 (Int int32)",
		`["null"]`:               "Single struct{} (Null struct{})",
		`["int","S","null","F"]`: "UnionValue RA null=2 [0 int: RAInt wraps Int int32] [1 S: *S RecordValue S] [3 F: F FixedValue F]",
		`["string",{"type":"long","logicalType":"timestamp-millis"}]`:         "UnionValue RA [0 string: RAString wraps String string] [1 long: RATimestampMillis wraps Long int64]",
		`["null",{"type":"bytes","logicalType":"decimal","precision":3},"E"]`: "UnionValue RA null=0 [1 bytes: RADecimal wraps Bytes []byte] [2 E: E EnumValue E]",
		`{"type":"array","items":["int",{"type":"map","values":["S","long"]}]}`: "Array []RAItem (UnionValue RAItem [0 int: RAItemInt wraps Int int32] " +
			"[1 map: RAItemUnionMap wraps Map map[string]RAItemValue (UnionValue RAItemValue [0 S: *S RecordValue S] [1 long: RAItemValueLong wraps Long int64])])",
	} {
		p := model(t, `{"type":"record","name":"R","fields":[{"name":"a","type":`+typ+`}]}`,
			`{"type":"enum","name":"E","symbols":["X"]}`, `{"type":"fixed","name":"F","size":2}`, `{"type":"record","name":"S","fields":[]}`)
		if d := cmp.Diff(want, sketch(p.Files[0].Types[0].(*Record).Fields[0].Value)); d != "" {
			t.Errorf("%s (-want +got):\n%s", typ, d)
		}
	}
}

func TestRecordsThatMayHoldTheirOwnTypeAreRecursive(t *testing.T) {
	t.Parallel()
	record := func(name string, types ...string) string {
		var fields []string
		for i, typ := range types {
			fields = append(fields, fmt.Sprintf(`{"name":"f%d","type":%s}`, i, typ))
		}
		return `{"type":"record","name":"` + name + `","fields":[` + strings.Join(fields, ",") + `]}`
	}
	p := model(t, record("Self", `["null","Self"]`), record("Leaf", `"int"`), record("Above", `"Self"`, `"Leaf"`),
		record("A", `{"type":"array","items":`+record("B", `{"type":"map","values":`+record("C", `["null","int","A"]`, `"Above"`)+`}`)+`}`),
		record("ByUnion", `["int",{"type":"array","items":["string","ByUnion"]}]`))
	got := make(map[string]bool)
	for _, f := range p.Files {
		for _, typ := range f.Types {
			if r, ok := typ.(*Record); ok {
				got[r.GoName] = r.Recursive
			}
		}
	}
	want := map[string]bool{"Self": true, "Leaf": false, "Above": false, "A": true, "B": true, "C": true, "ByUnion": true}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestTagsAndNamesOfAModel(t *testing.T) {
	t.Parallel()
	p := model(t, `{"type":"record","name":"n.r","doc":"D","aliases":["o.x"],"fields":[
		{"name":"user_id","type":"int","aliases":["uid","u"],"doc":"d"},{"name":"b","type":"int","go.name":"Other"}]}`)
	r := p.Files[0].Types[0].(*Record)
	if p.Name != "p" || p.Files[0].Name != "s0_avro.go" || p.Files[0].Source != "s0.avsc" || r.GoName != "R" || r.Doc != "D" ||
		!strings.Contains(r.Text, `"namespace":"n"`) || len(r.Fields) != 2 {
		t.Fatalf("%+v, %+v", p.Files[0], r)
	}
	if f := r.Fields[0]; f.GoName != "UserID" || f.Name != "user_id" || f.Tag != "user_id,alias=uid,alias=u" || f.Doc != "d" {
		t.Errorf("%+v", f)
	}
	if f := r.Fields[1]; f.GoName != "Other" || f.Tag != "b" {
		t.Errorf("%+v", f)
	}
}

// Each type has its whole schema, and so a chain of types takes the square of its length.
func TestTextsThatRepeatEachOtherAreBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	const n = 330 // three levels each, of a thousand
	doc := strings.Repeat("d", 2500)
	for i := range n {
		fmt.Fprintf(&b, `{"type":"record","name":"R%d","doc":"%s","fields":[{"name":"f","type":`, i, doc)
	}
	b.WriteString(`"int"` + strings.Repeat("}]}", n))
	all, err := load([]Source{{"a", b.String()}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := build("p", all); err == nil || !strings.Contains(err.Error(), "generate them in several packages") || strings.Count(err.Error(), "\n") > 0 {
		t.Errorf("%.300v", err)
	}
}
