package avro_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/serde"
)

// cents is a type with a form of its own on the wire.
type cents int64

func (c cents) text() (string, error) {
	if c < 0 {
		return "", errors.New("an amount is negative")
	}
	return fmt.Sprintf("%d.%02d", c/100, c%100), nil
}

func parseCents(s string) (cents, error) {
	n, err := strconv.ParseInt(strings.Replace(s, ".", "", 1), 10, 64)
	if err != nil {
		return 0, errors.New("no amount")
	}
	return cents(n), nil
}

type point struct{ x, y int32 }

type wirePoint struct {
	X int32 `avro:"x"`
	Y int32 `avro:"y"`
}

type priced struct {
	Price   cents            `avro:"price"`
	Old     *cents           `avro:"old"`
	All     []cents          `avro:"all"`
	ByName  map[string]cents `avro:"byName"`
	At      point            `avro:"at"`
	Decimal scaled           `avro:"decimal,decimal(9,2)"`
}

// scaled is a decimal as a number of hundredths.
type scaled struct{ hundredths int64 }

func conversions() []avro.FormatOption {
	return []avro.FormatOption{
		avro.Convert(cents.text, parseCents),
		avro.Convert(func(p point) (wirePoint, error) { return wirePoint{p.x, p.y}, nil },
			func(w wirePoint) (point, error) { return point{w.X, w.Y}, nil }),
		avro.Convert(func(s scaled) (*big.Rat, error) { return big.NewRat(s.hundredths, 100), nil },
			func(r *big.Rat) (scaled, error) {
				return scaled{new(big.Int).Div(new(big.Int).Mul(r.Num(), big.NewInt(100)), r.Denom()).Int64()}, nil
			}),
	}
}

func TestConversionsHoldWhereverTheTypeStands(t *testing.T) {
	t.Parallel()
	f := avro.For[priced](conversions()...)
	s, err := f.Schema()
	if err != nil {
		t.Fatal(err)
	}
	want := `{"type":"record","name":"priced","fields":[{"name":"price","type":"string"},{"name":"old","type":["null","string"],"default":null},` +
		`{"name":"all","type":{"type":"array","items":"string"}},{"name":"byName","type":{"type":"map","values":"string"}},` +
		`{"name":"at","type":{"type":"record","name":"wirePoint","fields":[{"name":"x","type":"int"},{"name":"y","type":"int"}]}},` +
		`{"name":"decimal","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}]}`
	if d := cmp.Diff(want, s.String()); d != "" {
		t.Errorf("the derived schema (-want +got):\n%s", d)
	}
	old := cents(99)
	for _, v := range []priced{
		{Price: 1250, Old: &old, All: []cents{1, 20, 300}, ByName: map[string]cents{"a": 5}, At: point{3, -4}, Decimal: scaled{-12345}},
		{All: []cents{}, ByName: map[string]cents{}},
	} {
		var got priced
		payload := roundTrip(t, f, v, &got)
		if d := cmp.Diff(v, got, cmp.AllowUnexported(point{}, scaled{})); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		if v.Price != 0 && !strings.Contains(string(payload), "12.50") {
			t.Errorf("the payload has no 12.50: % x", payload)
		}
	}
}

// roundTrip encodes v and decodes it into got, by f and its own schema.
func roundTrip[T any](t *testing.T, f *avro.Format[T], v T, got *T) []byte {
	t.Helper()
	def, err := f.Definition()
	if err != nil {
		t.Fatal(err)
	}
	w := serde.WriterSchema{Schema: def.Schema}
	enc, err := f.NewEncoder(w)
	if err != nil {
		t.Fatal(err)
	}
	dec, err := f.NewDecoder(w)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := enc.AppendEncode(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	if err := dec.Decode(payload, got); err != nil {
		t.Fatal(err)
	}
	return payload
}

func TestAConversionsErrorSaysWhere(t *testing.T) {
	t.Parallel()
	f := avro.For[priced](conversions()...)
	def, err := f.Definition()
	if err != nil {
		t.Fatal(err)
	}
	enc, err := f.NewEncoder(serde.WriterSchema{Schema: def.Schema})
	if err != nil {
		t.Fatal(err)
	}
	_, err = enc.AppendEncode(nil, priced{All: []cents{1, -2}})
	ee, ok := errors.AsType[*avro.EncodeError](err)
	if !ok || ee.Path != "all[1]" || !errors.Is(err, serde.TypeMismatch) || !strings.Contains(err.Error(), "an amount is negative") {
		t.Errorf("%v, want the place and the conversion's words", err)
	}
	strs, err := avro.NewEncoder[[]string](avro.MustParse(`{"type":"array","items":"string"}`))
	if err != nil {
		t.Fatal(err)
	}
	payload, err := strs.AppendEncode(nil, []string{"1.00", "x"})
	if err != nil {
		t.Fatal(err)
	}
	dec, err := avro.NewDecoder[[]cents](avro.MustParse(`{"type":"array","items":"string"}`), nil, avro.Convert(cents.text, parseCents))
	if err != nil {
		t.Fatal(err)
	}
	var got []cents
	err = dec.Decode(payload, &got)
	de, ok := errors.AsType[*avro.DecodeError](err)
	if !ok || de.Path != "[1]" || !errors.Is(err, serde.TypeMismatch) {
		t.Errorf("%v, want the place", err)
	}
}

func TestAConversionThatDoesNotFitIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := avro.NewDecoder[cents](avro.MustParse(`"long"`), nil, avro.Convert(cents.text, parseCents))
	if _, ok := errors.AsType[*avro.FitError](err); !ok {
		t.Errorf("%v, want a FitError: a long does not fit the conversion's string", err)
	}
	type loop struct{ N int }
	type wrapped struct{ L loop }
	_, err = avro.NewEncoder[loop](avro.MustParse(`{"type":"record","name":"R","fields":[{"name":"L","type":"R"}]}`), avro.Convert(
		func(l loop) (wrapped, error) { return wrapped{l}, nil }, func(w wrapped) (loop, error) { return w.L, nil }))
	if err != nil {
		t.Logf("a conversion into itself: %v", err) // it may be compiled or refused, and ends
	}
}

type nulls struct {
	Text   sql.NullString      `avro:"text"`
	Number sql.Null[int64]     `avro:"number"`
	At     sql.NullTime        `avro:"at,timestamp-micros"`
	Nested sql.Null[wirePoint] `avro:"nested"`
	Many   []sql.NullBool      `avro:"many"`
}

func TestNullStructsAreUnionsWithNull(t *testing.T) {
	t.Parallel()
	f := avro.For[nulls]()
	s, err := f.Schema()
	if err != nil {
		t.Fatal(err)
	}
	if field := s.Fields()[0]; field.Type().String() != `["null","string"]` || string(field.Default()) != "null" {
		t.Errorf("text is %s, default %s", field.Type(), field.Default())
	}
	for _, v := range []nulls{
		{Many: []sql.NullBool{}},
		{
			Text: sql.NullString{String: "x", Valid: true}, Number: sql.Null[int64]{V: -7, Valid: true},
			At: sql.NullTime{Time: time.Unix(1, 2000).UTC(), Valid: true}, Nested: sql.Null[wirePoint]{V: wirePoint{1, 2}, Valid: true},
			Many: []sql.NullBool{{Bool: true, Valid: true}, {}, {Valid: true}},
		},
	} {
		got := nulls{Text: sql.NullString{String: "old", Valid: true}, Nested: sql.Null[wirePoint]{V: wirePoint{9, 9}, Valid: true}}
		roundTrip(t, f, v, &got)
		if d := cmp.Diff(v, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}

	// A writer without null, null on the other side, and a default.
	type one struct {
		Text sql.NullString `avro:"text"`
	}
	reader := avro.MustParse(`{"type":"record","name":"R","fields":[{"name":"text","type":["string","null"],"default":"d"}]}`)
	for text, want := range map[string]sql.NullString{
		`{"type":"record","name":"R","fields":[{"name":"text","type":"string"}]}`: {String: "a", Valid: true},
		`{"type":"record","name":"R","fields":[{"name":"text","type":"null"}]}`:   {},
		`{"type":"record","name":"R","fields":[]}`:                                {String: "d", Valid: true},
	} {
		dec, err := avro.NewDecoder[one](avro.MustParse(text), reader)
		if err != nil {
			t.Fatal(err)
		}
		payload := []byte{}
		if strings.Contains(text, `"type":"string"`) {
			payload = []byte("\x02a")
		}
		var got one
		if err := dec.Decode(payload, &got); err != nil || got.Text != want {
			t.Errorf("%s: %+v, %v, want %+v", text, got.Text, err, want)
		}
	}
	enc, err := avro.NewEncoder[one](reader)
	if err != nil {
		t.Fatal(err)
	}
	for v, want := range map[sql.NullString]string{{String: "a", Valid: true}: "\x00\x02a", {String: "hidden"}: "\x02"} {
		if got, err := enc.AppendEncode(nil, one{v}); err != nil || string(got) != want {
			t.Errorf("%+v: %q, %v, want %q", v, got, err, want)
		}
	}
}
