package avro_test

import (
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/serde"
)

type color string

func (color) AvroSchema() string {
	return `{"type":"enum","name":"Color","symbols":["RED","GREEN"],"default":"RED"}`
}

type panicky struct{ p *int }

func (p panicky) AvroSchema() string { return strings.Repeat(" ", *p.p) }

type noSchema struct{}

func (*noSchema) AvroSchema() string { return `{"type":"nothing"}` }

type base struct {
	ID   string `avro:"id"`
	Kind int32
}

type Meta struct {
	Kind   bool // as deep as that of base: they hide each other
	hidden int
}

type embedder struct {
	base
	*Meta
	Extra uint8
}

type node struct {
	Value int     `avro:"value"`
	Next  *node   `avro:"next"`
	Kids  []*node `avro:"kids"`
}

type pair[A, B any] struct {
	First  A `avro:"first"`
	Second B `avro:"second"`
}

type named struct {
	_     struct{}  `avro:"com.acme.Event,alias=Old,alias=org.Older"`
	Time  time.Time `avro:"time,timestamp-micros"`
	Day   time.Time `avro:"day,date"`
	Ever  []time.Time
	For   time.Duration `avro:"for,time-millis"`
	Price *big.Rat      `avro:"price,decimal(9,2)"`
	Cost  big.Rat       `avro:"cost,decimal(4)"`
	Key   [16]byte      `avro:"key,uuid"`
	Color color         `avro:"color,default=\"GREEN\""`
	Paint *color        `avro:"paint,alias=tint"`
	Hash  [4]byte
	Check [4]byte
	Raw   []byte
	Tags  map[string][]string `avro:"tags,default={\"a\":[\"b,c\"]}"`
	Skip  func()              `avro:"-"`
	skip  any
}

// Unexported fields without a tag are no fields of the record.
var _ = []any{Meta{hidden: 1}, named{skip: 1}}

func derived[T any](opts ...avro.DeriveOption) func() (*avro.Schema, error) {
	return func() (*avro.Schema, error) { return avro.SchemaFor[T](opts...) }
}

func TestSchemaFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		derive func() (*avro.Schema, error)
		want   string
	}{
		"bool":     {derived[bool](), `"boolean"`},
		"int8":     {derived[int8](), `"int"`},
		"uint16":   {derived[uint16](), `"int"`},
		"uint32":   {derived[uint32](), `"long"`},
		"uint64":   {derived[uint64](), `"long"`},
		"float32":  {derived[float32](), `"float"`},
		"bytes":    {derived[[]byte](), `"bytes"`},
		"time":     {derived[time.Time](), `{"type":"long","logicalType":"timestamp-millis"}`},
		"pointers": {derived[map[string]*[]*string](), `{"type":"map","values":["null",{"type":"array","items":["null","string"]}]}`},
		"a pointer at the top": {derived[*node](avro.WithName("a.N")),
			`{"type":"record","name":"N","namespace":"a","fields":[{"name":"value","type":"long"},{"name":"next","type":["null","N"],"default":null},{"name":"kids","type":{"type":"array","items":["null","N"]}}]}`},
		"embedding": {derived[struct {
			_ struct{} `avro:"Outer"`
			embedder
		}](), `{"type":"record","name":"Outer","fields":[{"name":"id","type":"string"},{"name":"Extra","type":"int"}]}`},
		"generic types": {derived[pair[string, *pair[int, []node]]](avro.WithNamespace("a.b")),
			`{"type":"record","name":"pair_string_pair_int_node","namespace":"a.b","fields":[{"name":"first","type":"string"},` +
				`{"name":"second","type":["null",{"type":"record","name":"pair_int_node","fields":[{"name":"first","type":"long"},` +
				`{"name":"second","type":{"type":"array","items":{"type":"record","name":"node","fields":[{"name":"value","type":"long"},{"name":"next","type":["null","node"],"default":null},{"name":"kids","type":{"type":"array","items":["null","node"]}}]}}}]}],"default":null}]}`},
		"everything a tag can say": {derived[named](),
			`{"type":"record","name":"Event","namespace":"com.acme","fields":[` +
				`{"name":"time","type":{"type":"long","logicalType":"timestamp-micros"}},` +
				`{"name":"day","type":{"type":"int","logicalType":"date"}},` +
				`{"name":"Ever","type":{"type":"array","items":{"type":"long","logicalType":"timestamp-millis"}}},` +
				`{"name":"for","type":{"type":"int","logicalType":"time-millis"}},` +
				`{"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},` +
				`{"name":"cost","type":{"type":"bytes","logicalType":"decimal","precision":4,"scale":0}},` +
				`{"name":"key","type":{"type":"string","logicalType":"uuid"}},` +
				`{"name":"color","type":{"type":"enum","name":"Color","symbols":["RED","GREEN"],"default":"RED"},"default":"GREEN"},` +
				`{"name":"paint","type":["null","Color"],"default":null,"aliases":["tint"]},` +
				`{"name":"Hash","type":{"type":"fixed","name":"Bytes4","size":4}},{"name":"Check","type":"Bytes4"},` +
				`{"name":"Raw","type":"bytes"},` +
				`{"name":"tags","type":{"type":"map","values":{"type":"array","items":"string"}},"default":{"a":["b,c"]}}],"aliases":["Old","org.Older"]}`},
	} {
		s, err := c.derive()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s.String() != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, s, c.want)
		}
		if again, err := c.derive(); err != nil || again.String() != s.String() {
			t.Errorf("%s: derived again it is %v, %v", name, again, err)
		}
	}
}

func TestTypesWithoutASchemaAreRefusedWithTheirPlace(t *testing.T) {
	t.Parallel()
	type list []list
	for name, c := range map[string]struct {
		derive       func() (*avro.Schema, error)
		path, reason string
	}{
		"an interface":           {derived[pair[int, []map[string]any]](), ".Second[][*]", "no Avro type"},
		"a channel":              {derived[pair[chan int, int]](), ".First", "no Avro type"},
		"a map's keys":           {derived[pair[map[int]int, int]](), ".First", "keys must be strings"},
		"a duration":             {derived[pair[time.Duration, int]](), ".First", "time-millis or time-micros"},
		"a rational":             {derived[pair[*big.Rat, int]](), ".First", "decimal(9,2)"},
		"a struct of secrets":    {derived[pair[big.Int, int]](), ".First", "no exported field"},
		"a struct without name":  {derived[struct{ A int }](), "", "needs one"},
		"an endless type":        {derived[list](), "[][][]", "too deeply"},
		"a method that panics":   {derived[pair[int, panicky]](), ".Second", "panics"},
		"a method that is wrong": {derived[pair[int, noSchema]](), ".Second", "no valid schema"},
		"two types of one name": {derived[pair[Meta, struct {
			_ struct{} `avro:"Meta"`
			A int
		}]](), ".Second", "would both be named"},
		"a logical type that does not fit": {derived[struct {
			_ struct{} `avro:"R"`
			A bool     `avro:"a,date"`
		}](), ".A", "cannot be a date"},
		"two fields of one name": {derived[struct {
			_ struct{} `avro:"R"`
			A int      `avro:"x"`
			B int      `avro:"x"`
		}](), ".A", "has the name"},
		"a tag on an unexported field": {derived[struct {
			_ struct{} `avro:"R"`
			a int      `avro:"x"`
		}](), ".a", "export it"},
		"an unknown option": {derived[struct {
			A int `avro:"x,omitempty"`
		}](), ".A", "not known"},
		"a decimal without its numbers": {derived[struct {
			A big.Rat `avro:"x,decimal"`
		}](), ".A", "decimal(9,2)"},
		"a decimal with a scale too large": {derived[struct {
			A big.Rat `avro:"x,decimal(2,3)"`
		}](), ".A", "scale <= precision"},
		"a decimal that does not end": {derived[struct {
			A big.Rat `avro:"x,decimal(2"`
		}](), ".A", "does not end"},
		"two logical types": {derived[struct {
			A int64 `avro:"x,time-micros,timestamp-micros"`
		}](), ".A", "two logical types"},
		"a name that is none": {derived[struct {
			A int64 `avro:"x y"`
		}](), ".A", "no valid name"},
		"a default without quotes": {derived[struct {
			_ struct{} `avro:"R"`
			A string   `avro:"x,default=abc"`
		}](), ".A", "not valid JSON"},
		"an embedded pointer that cannot be set": {derived[struct {
			_ struct{} `avro:"R"`
			*base
		}](), ".base", "cannot be set"},
		"a blank field with a logical type": {derived[struct {
			_ struct{} `avro:"R,uuid"`
		}](), "._", "the record's name"},
	} {
		_, err := c.derive()
		var e *avro.TypeError
		if !errors.As(err, &e) {
			t.Errorf("%s: %v, want a TypeError", name, err)
			continue
		}
		if !strings.Contains(e.Path, c.path) || !strings.Contains(e.Reason, c.reason) {
			t.Errorf("%s: path %q, reason %q; want %q, %q in them", name, e.Path, e.Reason, c.path, c.reason)
		}
		if serde.ClassOf(err) != serde.TypeMismatch {
			t.Errorf("%s: class %v", name, serde.ClassOf(err))
		}
	}
}

func TestDefaultsInTagsAreCheckedAgainstTheType(t *testing.T) {
	t.Parallel()
	_, err := avro.SchemaFor[struct {
		_ struct{} `avro:"R"`
		A int32    `avro:"a,default=2147483648"`
	}]()
	var e *avro.SchemaError
	if !errors.As(err, &e) || e.Path != "/fields/0/default" {
		t.Errorf("%v, want a SchemaError at the default", err)
	}
}
