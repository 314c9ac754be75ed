package jsonschema_test

import (
	"context"
	"encoding/json"
	"math/big"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/jsonschema"
	"github.com/concord-go/concord/serde"
	"github.com/concord-go/concord/serde/serdetest"
)

type (
	base struct {
		ID   string `json:"id"`
		Kind string
	}
	Audit struct {
		By   string `json:"by"`
		Kind string
	}
	tagged struct {
		Other string `json:"Kind"`
	}
	state    int
	tree     struct{ Children []*tree }
	embedded struct {
		base
		*Audit
		Own int `json:"own,omitempty"`
	}
	named struct {
		base
		Audit
		tagged
	}
	everything struct {
		embedded
		At       time.Time
		For      time.Duration
		Big      *big.Int
		Address  netip.Addr
		Raw      json.RawMessage
		Exact    json.Number
		Text     int64 `json:",string"`
		Pair     [2]float32
		Bytes    []byte
		State    state
		ByNumber map[int32]bool
		ByText   map[netip.Addr][]uint16
		Any      any
		Null     *base
		Tree     tree
		Opt      *int           `json:",omitempty"`
		Rest     map[string]any `json:",embed"`
		_        int
		Not      chan int `json:"-"`
	}
)

func (s state) MarshalText() ([]byte, error) { return []byte{'s', byte('0' + s)}, nil }

func (s *state) UnmarshalText(b []byte) error { *s = state(b[1] - '0'); return nil }

// What a type writes is valid under the schema derived from it, and comes back as it was.
func goes[T any](t *testing.T, values ...T) {
	t.Helper()
	ctx, reg := context.Background(), new(serdetest.Registry)
	f := jsonschema.For[T](jsonschema.WithReadValidation())
	ser, err := serde.NewSerializer(reg, f, serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		t.Fatal(err)
	}
	de, err := serde.NewDeserializer(reg, f)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range values {
		data, err := ser.AppendSerialize(ctx, nil, serde.ValueOf("t"), want)
		if err != nil {
			t.Errorf("%T: %v", want, err)
			continue
		}
		var got T
		if _, err := de.Deserialize(ctx, serde.ValueOf("t"), data, &got); err != nil {
			t.Errorf("%T: %v in %s", want, err, data.Bytes)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(embedded{}, everything{}, named{}, big.Int{}), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
			t.Errorf("%T comes back as another: %s", want, diff)
		}
	}
}

func TestDerivedSchemasTakeWhatTheirTypesWrite(t *testing.T) {
	t.Parallel()
	all := everything{
		embedded: embedded{base: base{ID: "1"}, Audit: &Audit{By: "b"}, Own: 3},
		At:       time.UnixMilli(1727260800123).UTC(), For: time.Second, Big: big.NewInt(1 << 60), Address: netip.MustParseAddr("::1"),
		Raw: json.RawMessage(`{"a":[1]}`), Exact: "1.50", Text: 1<<62 + 1, Pair: [2]float32{1, 0.5}, Bytes: []byte{1}, State: 2,
		ByNumber: map[int32]bool{-1: true}, ByText: map[netip.Addr][]uint16{netip.MustParseAddr("10.0.0.1"): {1}},
		Any: map[string]any{"a": json.Number("1"), "b": []any{nil, "x", true}}, Null: &base{ID: "2", Kind: "k"}, Tree: tree{[]*tree{{[]*tree{}}}},
		Opt: new(0), Rest: map[string]any{"more": json.Number("1e400")},
	}
	goes(t, all)
	goes(t, named{base: base{ID: "1"}, Audit: Audit{By: "b"}, tagged: tagged{"k"}})
	goes(t, tree{[]*tree{nil, {[]*tree{}}}})
	goes(t, []base{{"1", "k"}})
	goes(t, map[string]*base{"a": nil})
	goes(t, "text")
	goes(t, new(base{"1", ""}))
}

func TestDerivedSchemasAreTheSameEachTime(t *testing.T) {
	t.Parallel()
	first, err := jsonschema.SchemaFor[everything]()
	if err != nil {
		t.Fatal(err)
	}
	if first.Title() != "everything" {
		t.Errorf("title %q", first.Title())
	}
	for range 20 {
		if s, err := jsonschema.SchemaFor[everything](); err != nil || s.String() != first.String() {
			t.Fatalf("%v: %s\nand\n%s", err, s, first)
		}
	}
}

func TestTypesThatAreNoJSONAreNamedWithTheirPlace(t *testing.T) {
	t.Parallel()
	type bad struct {
		In map[string][]struct{ F func() }
	}
	_, err := jsonschema.SchemaFor[bad]()
	if want := "jsonschema: Go type jsonschema_test.bad.In{}[].F: JSON has no form for func"; err == nil || err.Error() != want || serde.ClassOf(err) != serde.TypeMismatch {
		t.Errorf("%v, want %s", err, want)
	}
	for _, tag := range []string{"minimum=x", "colour=red", "maxLength="} {
		if _, err := jsonschema.SchemaForTag(tag); serde.ClassOf(err) != serde.TypeMismatch {
			t.Errorf("the tag %s: %v", tag, err)
		}
	}
}
