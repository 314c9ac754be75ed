package avro_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/serde"
)

type payment interface{ isPayment() }

type (
	card struct {
		Number string `avro:"number"`
	}
	transfer struct {
		From string  `avro:"from"`
		Then payment `avro:"then"`
	}
	cash     int64
	note     string
	stars    map[string]int64
	receipts []note
	badge    [2]byte
	tone     string
)

func (card) isPayment()      {}
func (*transfer) isPayment() {}
func (cash) isPayment()      {}
func (note) isPayment()      {}
func (stars) isPayment()     {}
func (receipts) isPayment()  {}
func (badge) isPayment()     {}
func (tone) isPayment()      {}
func (tone) AvroSchema() string {
	return `{"type":"enum","name":"tone","symbols":["LOW","HIGH"]}`
}

type invoice struct {
	ID   string             `avro:"id"`
	Paid payment            `avro:"paid"`
	All  []payment          `avro:"all"`
	By   map[string]payment `avro:"by"`
}

var payments = avro.UnionOf[payment](card{}, &transfer{}, cash(0), note(""), stars{}, receipts{}, badge{}, tone(""))

func (invoice) AvroUnions() []avro.UnionType { return []avro.UnionType{payments} }

func allPayments() []payment {
	return []payment{
		card{"4000"}, &transfer{"ada", &transfer{"bob", cash(7)}}, cash(-3), note("IOU"), nil, stars{"a": 5}, stars{}, receipts{"x", ""}, receipts{}, badge{1, 2}, tone("HIGH"), note(""), &transfer{},
	}
}

func TestAnInterfaceStandsForAUnion(t *testing.T) {
	t.Parallel()
	s, err := avro.SchemaFor[invoice]()
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Fields()[1].Type().Branches(); len(got) != 9 || got[0].Kind() != avro.Null || got[2].Name().Local != "transfer" {
		t.Fatalf("%s", s)
	}
	in := invoice{"i-1", cash(12), allPayments(), map[string]payment{"x": note("x"), "nil": nil, "t": &transfer{From: "eve"}}}
	enc, err := avro.NewEncoder[invoice](s)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := enc.AppendEncode(nil, in)
	if err != nil {
		t.Fatal(err)
	}
	for _, opts := range [][]avro.DecoderOption{nil, {avro.StringsInPayload()}, {avro.ReuseMemory()}} {
		dec, err := avro.NewDecoder[invoice](s, nil, opts...)
		if err != nil {
			t.Fatal(err)
		}
		out := invoice{Paid: badge{9, 9}, All: []payment{cash(1), cash(2)}}
		for range 2 {
			if err := dec.Decode(payload, &out); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(in, out); diff != "" {
				t.Error(diff)
			}
		}
	}
	// What any would be says the same.
	dec, err := avro.NewDecoder[any](s, nil)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := dec.Decode(payload, &v); err != nil {
		t.Fatal(err)
	}
	if got := v.(map[string]any)["paid"]; !cmp.Equal(got, map[string]any{"long": int64(12)}) {
		t.Errorf("%v", got)
	}
	again, err := avro.NewEncoder[any](s)
	if err != nil {
		t.Fatal(err)
	}
	b, err := again.AppendEncode(nil, v)
	if err != nil || len(b) != len(payload) { // maps have no order
		t.Errorf("%d bytes, %v, want %d", len(b), err, len(payload))
	}
	for i := range payload {
		var out invoice
		if err := mustDecoder[invoice](t, s).Decode(payload[:i], &out); !errors.Is(err, serde.Truncated) {
			t.Fatalf("%d of %d bytes: %v", i, len(payload), err)
		}
	}
}

func mustDecoder[T any](t *testing.T, s *avro.Schema, opts ...avro.DecoderOption) *avro.Decoder[T] {
	t.Helper()
	d, err := avro.NewDecoder[T](s, nil, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestUnionsAreResolvedIntoInterfaces(t *testing.T) {
	t.Parallel()
	type box struct {
		V payment `avro:"v"`
	}
	record := func(of string) *avro.Schema {
		return avro.MustParse(`{"type":"record","name":"box","fields":[{"name":"v","type":` + of + `}]}`)
	}
	union := avro.UnionOf[payment](cash(0), note(""), &transfer{})
	reader := record(`["null","long","string",{"type":"record","name":"transfer","fields":[{"name":"from","type":"string"},{"name":"then","type":["null","long","string","transfer"]}]}]`)
	for name, c := range map[string]struct {
		writer *avro.Schema
		value  any
		want   payment
		class  serde.Class
	}{
		"int to long":            {record(`"int"`), 5, cash(5), 0},
		"a union of fewer":       {record(`["string","null"]`), "x", note("x"), 0},
		"null":                   {record(`["string","null"]`), nil, nil, 0},
		"bytes to string":        {record(`["bytes","null"]`), []byte("x"), note("x"), 0},
		"a branch nobody reads":  {record(`["string","boolean"]`), true, nil, serde.Incompatible},
		"another namespace":      {record(`["null",{"type":"record","name":"a.transfer","fields":[{"name":"from","type":"string"},{"name":"then","type":"int"}]}]`), map[string]any{"a.transfer": map[string]any{"from": "f", "then": 1}}, &transfer{"f", cash(1)}, 0},
		"a record with defaults": {record(`[{"type":"record","name":"transfer","fields":[{"name":"then","type":"null"},{"name":"from","type":"string"}]}]`), map[string]any{"from": "f", "then": nil}, &transfer{"f", nil}, 0},
	} {
		payload := write(t, c.writer, map[string]any{"v": c.value})
		d, err := avro.NewDecoder[box](c.writer, reader, union)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var out box
		err = d.Decode(payload, &out)
		if c.class != 0 {
			if !errors.Is(err, c.class) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || !cmp.Equal(out.V, c.want) {
			t.Errorf("%s: %v, %v", name, out.V, err)
		}
	}
	// The reader's schema need not be a union.
	long := record(`"long"`)
	d, err := avro.NewDecoder[box](long, nil, union)
	if err != nil {
		t.Fatal(err)
	}
	var out box
	if err := d.Decode([]byte{4}, &out); err != nil || out.V != cash(2) {
		t.Errorf("%v, %v", out, err)
	}
}

func TestUnionsThatDoNotFitSaySo(t *testing.T) {
	t.Parallel()
	type box struct {
		V payment `avro:"v"`
	}
	record := func(of string) *avro.Schema {
		return avro.MustParse(`{"type":"record","name":"box","fields":[{"name":"v","type":` + of + `}]}`)
	}
	type other interface{ isOther() }
	for name, c := range map[string]struct {
		of     string
		union  avro.UnionType
		reason string
	}{
		"no such branch":       {`["null","string","boolean"]`, avro.UnionOf[payment](note(""), cash(0)), "no branch for the Go type avro_test.cash"},
		"which of two":         {`["null","string",{"type":"fixed","name":"A","size":2},{"type":"fixed","name":"B","size":2}]`, avro.UnionOf[payment](note(""), badge{}), "name its branch"},
		"an enum by its name":  {`["null",{"type":"enum","name":"bass","symbols":["LOW"]},"long"]`, avro.UnionOf[payment](tone("")), "no branch for the Go type avro_test.tone"},
		"nil":                  {`["null","string","long"]`, avro.UnionOf[payment](nil), "nil is null"},
		"another interface":    {`["null","string","long"]`, avro.UnionOf[payment]().Branch("string", "x"), "does not implement"},
		"twice":                {`["null","string","long"]`, avro.UnionOf[payment](note("a"), note("b")), "two branches"},
		"no interface of ours": {`["null","string","long"]`, avro.UnionOf[other](), "a union of several types needs"},
		"fields of a branch":   {`["null",{"type":"record","name":"card","fields":[{"name":"no","type":"string"}]},"long"]`, avro.UnionOf[payment](card{}, cash(0)), "no field for it"},
	} {
		_, err := avro.NewEncoder[box](record(c.of), c.union)
		if fit, ok := errors.AsType[*avro.FitError](err); !ok || !strings.Contains(fit.Error(), c.reason) || !errors.Is(err, serde.TypeMismatch) {
			t.Errorf("%s, encoder: %v", name, err)
		}
	}
	if _, err := avro.NewDecoder[box](record(`["null","string","boolean"]`), nil, avro.UnionOf[payment](note(""))); err == nil || !strings.Contains(err.Error(), "no Go type of the union avro_test.payment stands for boolean") {
		t.Errorf("decoder: %v", err)
	}
	enc, err := avro.NewEncoder[box](record(`["string","long"]`), avro.UnionOf[payment](note(""), cash(0)))
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]payment{"no null there": nil, "a type that is not told": tone("LOW"), "not UTF-8": note("\xff")} {
		if _, err := enc.AppendEncode(nil, box{v}); !errors.Is(err, serde.TypeMismatch) || !strings.Contains(err.Error(), "encode v:") {
			t.Errorf("%s: %v", name, err)
		}
	}
	pointers, err := avro.NewEncoder[invoice](avro.MustParse(mustSchema[invoice](t).String()))
	if err != nil {
		t.Fatal(err)
	}
	cycle := &transfer{}
	cycle.Then = cycle
	for name, v := range map[string]payment{"a nil pointer": (*transfer)(nil), "a value that contains itself": cycle} {
		if _, err := pointers.AppendEncode(nil, invoice{Paid: v}); err == nil || !strings.Contains(err.Error(), "paid") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func mustSchema[T any](t *testing.T) *avro.Schema {
	t.Helper()
	s, err := avro.SchemaFor[T]()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBranchNamesTheBranch(t *testing.T) {
	t.Parallel()
	type box struct {
		V any `avro:"v"`
	}
	s := avro.MustParse(`{"type":"record","name":"box","fields":[{"name":"v","type":["null",{"type":"fixed","name":"n.A","size":2},{"type":"fixed","name":"n.B","size":2},{"type":"long","logicalType":"timestamp-millis"},"string"]}]}`)
	// An empty interface may stand for a union of known types, too.
	union := avro.UnionOf[any]().Branch("n.B", badge{}).Branch("n.A", [2]byte{}).Branch("long.timestamp-millis", time.Time{}).Branch("string", note(""))
	enc, err := avro.NewEncoder[box](s, union)
	if err != nil {
		t.Fatal(err)
	}
	dec, err := avro.NewDecoder[box](s, nil, union)
	if err != nil {
		t.Fatal(err)
	}
	for v, first := range map[any]byte{badge{1, 2}: 4, [2]byte{3, 4}: 2, time.UnixMilli(9).UTC(): 6, note("x"): 8} {
		b, err := enc.AppendEncode(nil, box{v})
		if err != nil || b[0] != first {
			t.Errorf("%v: %x, %v", v, b, err)
			continue
		}
		var out box
		if err := dec.Decode(b, &out); err != nil || !cmp.Equal(out.V, v) {
			t.Errorf("%v: %v, %v", v, out.V, err)
		}
	}
}

func TestAFormatDerivesAndReadsUnions(t *testing.T) {
	t.Parallel()
	type order struct {
		Paid payment `avro:"paid"`
	}
	f := avro.For[order](avro.UnionOf[payment](cash(0), note("")))
	s, err := f.Schema()
	if err != nil || !strings.Contains(s.String(), `"type":["null","long","string"],"default":null`) {
		t.Fatalf("%v, %v", s, err)
	}
	own, err := f.Definition()
	if err != nil {
		t.Fatal(err)
	}
	enc, err := f.NewEncoder(serde.WriterSchema{Schema: own.Schema})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := enc.AppendEncode(nil, order{note("x")}); err != nil || string(b) != "\x04\x02x" {
		t.Errorf("%x, %v", b, err)
	}
}

func TestInterfacesAreWrittenWithoutAllocation(t *testing.T) {
	if pureGo || raceEnabled {
		t.Skip("the race detector and reflection allocate")
	}
	enc, err := avro.NewEncoder[invoice](mustSchema[invoice](t))
	if err != nil {
		t.Fatal(err)
	}
	v := invoice{ID: "i", Paid: card{"1"}, All: allPayments()}
	buf := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() { buf, err = enc.AppendEncode(buf[:0], v) }); n != 0 || err != nil {
		t.Errorf("%v allocations, %v", n, err)
	}
}
