package generated_test

import (
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/internal/avrogen/generated"
)

func text(s string) *string { return &s }

func instant() time.Time { return time.Date(2031, 2, 3, 4, 5, 6, 7_000_000, time.UTC) }

func place() generated.Place {
	return generated.Place{Street: "s", LatLong: []float64{1, 2}, Country: generated.CountryCh, ID: generated.PlaceID{15: 1}}
}

func everyKind() generated.EveryKind {
	return generated.EveryKind{
		Boolean: true, Int: -1, Long: 1 << 40, Float: 1.5, Double: 2.5, Bytes: []byte{0, 1}, String: "s",
		Color: generated.ColorPlainBlue, Hash: generated.Hash{1, 2, 3, 4}, Place: place(),
		Ints: []int32{1}, Longs: []int64{2}, Floats: []float32{3}, Booleans: []bool{true}, Nothings: []struct{}{{}, {}}, Strings: []string{"a", "b"},
		Matrix: [][]float64{{1}, {2, 3}}, Colors: []generated.Color{generated.ColorDarkBlue}, Hashes: map[string]generated.Hash{"h": {1}},
		Places: []generated.Place{place()}, Labels: map[string]string{"k": "v"}, Counts: map[string]int64{"n": 1},
		ByName: map[string][]generated.Place{"p": {place()}}, Only: "o", Type: "t", SchemaText: "x",
	}
}

func logical() generated.Logical {
	at, day, clock, rat := instant(), instant().Truncate(24*time.Hour), 5*time.Second, big.NewRat(314, 100)
	return generated.Logical{
		Date: day, Clock: clock, FineClock: clock, TimestampMillis: at, TimestampMicros: at, TimestampNanos: at,
		LocalMillis: at, LocalMicros: at, LocalNanos: at, Decimal: rat, Money: rat, Period: avro.CalendarDuration{Months: 1, Days: 2, Millis: 3},
		UUID: "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", UUIDFixed: generated.Key{1}, Days: []time.Time{day}, Prices: map[string]*big.Rat{"p": rat},
		MaybeDate: &day, MaybeClock: &clock, MaybeInstant: &at, MaybeDecimal: rat, MaybeMoney: nil, MaybePeriod: &avro.CalendarDuration{Days: 1},
		MaybeUUID: nil,
	}
}

func unions() generated.Unions {
	hash, yes := generated.Hash{1}, true
	home := place()
	return generated.Unions{
		Boolean: &yes, String: text(""), Bytes: []byte{}, Hash: &hash, Place: &home, List: []string{}, Table: map[string]int64{"a": 1},
		Sparse: []*string{nil, text("x")}, Payload: &generated.Click{X: 1}, Must: generated.UnionsMustClickMap{"c": {Y: 2}},
		Logical: generated.UnionsLogicalTimestampMicros(instant().UnixMicro()),
		Items:   []generated.UnionsItemsItem{generated.UnionsItemsItemString("s"), &generated.Click{}},
		Values: map[string]generated.UnionsValuesValue{
			"null": nil, "int": generated.UnionsValuesValueInt(3),
			"array": generated.UnionsValuesValueUnionArray{generated.UnionsValuesValueItemLong(4), generated.UnionsValuesValueItemDouble(5)},
		},
	}
}

func tree() generated.Tree {
	leaf := generated.Tree{Label: "leaf", Children: []generated.Tree{}, Named: map[string]generated.Tree{}}
	return generated.Tree{
		Label: "root", Left: &leaf, Children: []generated.Tree{leaf}, Named: map[string]generated.Tree{"n": leaf},
		Leaf: generated.Leaf{Parent: &generated.Leaf{Parent: generated.LeafParentString("s")}},
	}
}

// roundTrip writes v with a plan for its own schema and reads it again.
func roundTrip[P interface {
	*V
	AvroSchema() string
}, V any](t *testing.T, values ...V) {
	t.Helper()
	schema := avro.MustParse(P(new(V)).AvroSchema())
	if derived, err := avro.SchemaFor[V](); err != nil || derived.String() != schema.String() {
		t.Errorf("%T: derived %v, %v", *new(V), derived, err)
	}
	enc, err := avro.NewEncoder[V](schema)
	if err != nil {
		t.Fatal(err)
	}
	dec, err := avro.NewDecoder[V](schema, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range values {
		payload, err := enc.AppendEncode(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		var got V
		if err := dec.Decode(payload, &got); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(v, got, cmp.Comparer(func(a, b *big.Rat) bool { return a == b || a != nil && b != nil && a.Cmp(b) == 0 })); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
}

func TestPlansTakeTheGeneratedTypes(t *testing.T) {
	t.Parallel()
	roundTrip[*generated.EveryKind](t, everyKind())
	roundTrip[*generated.Logical](t, logical())
	roundTrip[*generated.Tree](t, tree())
	roundTrip[*generated.Place](t, place())
	roundTrip[*generated.Empty](t, generated.Empty{})
	roundTrip[*generated.Hostile](t, generated.Hostile{X: "a", Init: generated.MapX, Nil: generated.HostileNilInt(1)})
	roundTrip[*generated.Color](t, generated.ColorRed, generated.ColorPlainBlue)
	roundTrip[*generated.Hash](t, generated.Hash{1, 2})
}

func TestPlansTakeEveryBranchOfAUnion(t *testing.T) {
	t.Parallel()
	var all []generated.Unions
	for _, payload := range []generated.UnionsPayload{nil, generated.UnionsPayloadString("s"), generated.UnionsPayloadLong(1), &generated.Click{Y: 1}, generated.ColorGreen, generated.Hash{2}} {
		v := unions()
		v.Payload = payload
		all = append(all, v)
	}
	for _, must := range []generated.UnionsMust{
		generated.UnionsMustBoolean(true), generated.UnionsMustInt(1), generated.UnionsMustFloat(2), generated.UnionsMustDouble(3),
		generated.UnionsMustBytes{4}, generated.UnionsMustStringArray{"a"}, generated.UnionsMustClickMap{"c": {X: 5}}, &generated.Click{},
	} {
		v := unions()
		v.Must = must
		all = append(all, v)
	}
	for _, logical := range []generated.UnionsLogical{
		nil, generated.UnionsLogicalDate(-1), generated.UnionsLogicalTimestampMicros(2), generated.UnionsLogicalDecimal{3},
		generated.UnionsLogicalUUID("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"), generated.Span{4},
	} {
		v := unions()
		v.Logical = logical
		all = append(all, v)
	}
	roundTrip[*generated.Unions](t, all...)
}

func TestEnumsKnowTheirSymbols(t *testing.T) {
	t.Parallel()
	for color, want := range map[generated.Color]bool{generated.ColorRed: true, generated.ColorPlainBlue: true, "": false, "RED ": false} {
		if color.Valid() != want || color.String() != string(color) {
			t.Errorf("%q: %v", color, color.Valid())
		}
	}
}
