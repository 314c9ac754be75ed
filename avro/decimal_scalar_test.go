package avro_test

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/serde"
)

func decimalSchema(kind string, precision, scale int) *avro.Schema {
	extra := ""
	if kind != "bytes" {
		extra = `,"name":"F","size":` + strings.TrimPrefix(kind, "fixed")
		kind = "fixed"
	}
	return avro.MustParse(fmt.Sprintf(`{"type":%q%s,"logicalType":"decimal","precision":%d,"scale":%d}`, kind, extra, precision, scale))
}

// decimals in int64 and string have the bytes that a big.Rat has.
func TestDecimalsOfEveryGoTypeAreTheSame(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(11, 12))
	for range 5000 {
		precision := 1 + rnd.IntN(18)
		scale := rnd.IntN(precision + 1)
		kind := []string{"bytes", "fixed8", "fixed9", "fixed16"}[rnd.IntN(4)]
		units := rnd.Int64N(int64(math.Pow10(precision)))
		if rnd.IntN(2) == 0 {
			units = -units
		}
		if rnd.IntN(4) == 0 {
			units >>= rnd.IntN(60)
		}
		s := decimalSchema(kind, precision, scale)
		rat := new(big.Rat).SetFrac(big.NewInt(units), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
		want := encodeAs(t, s, rat)
		text := rat.FloatString(scale)
		if got := encodeAs(t, s, units); string(got) != string(want) {
			t.Fatalf("%s: %d as int64: % x, as big.Rat % x", s, units, got, want)
		}
		if got := encodeAs(t, s, text); string(got) != string(want) {
			t.Fatalf("%s: %s as string: % x, as big.Rat % x", s, text, got, want)
		}
		if got, err := decodeAs[int64](s, s, want); err != nil || got != units {
			t.Fatalf("%s: % x as int64: %v, %v, want %d", s, want, got, err, units)
		}
		if got, err := decodeAs[string](s, s, want); err != nil || got != text {
			t.Fatalf("%s: % x as string: %v, %v, want %s", s, want, got, err, text)
		}

		// Another scale of the reader's: the same number, or an error.
		other := decimalSchema("bytes", 18, rnd.IntN(19))
		w := decimalSchema("bytes", precision, scale)
		payload := encodeAs(t, w, units)
		asRat, ratErr := decodeAs[*big.Rat](w, other, payload)
		asInt, intErr := decodeAs[int64](w, other, payload)
		asText, textErr := decodeAs[string](w, other, payload)
		if (ratErr == nil) != (intErr == nil) || (ratErr == nil) != (textErr == nil) {
			t.Fatalf("%s read as %s: % x: %v, %v, %v", w, other, payload, ratErr, intErr, textErr)
		}
		if ratErr == nil {
			fromText, _ := new(big.Rat).SetString(asText)
			o := other.Logical().Scale
			fromInt := new(big.Rat).SetFrac(big.NewInt(asInt), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(o)), nil))
			if asRat.Cmp(fromText) != 0 || asRat.Cmp(fromInt) != 0 {
				t.Fatalf("%s read as %s: % x: %s, %d, %s", w, other, payload, asRat, asInt, asText)
			}
		}
	}
}

func encodeAs[T any](t *testing.T, s *avro.Schema, v T) []byte {
	t.Helper()
	enc, err := avro.NewEncoder[T](s)
	if err != nil {
		t.Fatal(err)
	}
	b, err := enc.AppendEncode(nil, v)
	if err != nil {
		t.Fatalf("%s: %v: %v", s, v, err)
	}
	return b
}

func decodeAs[T any](w, r *avro.Schema, payload []byte) (v T, err error) {
	dec, err := avro.NewDecoder[T](w, r)
	if err == nil {
		err = dec.Decode(payload, &v)
	}
	return v, err
}

func TestDecimalTexts(t *testing.T) {
	t.Parallel()
	s := decimalSchema("bytes", 5, 2)
	enc, err := avro.NewEncoder[string](s)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"0": "0.00", "-0": "0.00", ".5": "0.50", "5.": "5.00", "+1.2": "1.20", "-1.20": "-1.20", "007": "7.00", "1.2000": "1.20", "999.99": "999.99", "-0.01": "-0.01",
	} {
		b, err := enc.AppendEncode(nil, text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got, err := decodeAs[string](s, s, b); err != nil || got != want {
			t.Errorf("%q became %q, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", ".", "-", "1e3", "0x1", "1.2.3", "--1", " 1", "١", "1.234", "1000", "NaN"} {
		if b, err := enc.AppendEncode(nil, text); !errors.Is(err, serde.TypeMismatch) {
			t.Errorf("%q is taken: % x, %v", text, b, err)
		}
	}
	large := decimalSchema("bytes", 40, 10)
	number := "-123456789012345678901234567890.0123456789"
	b := encodeAs(t, large, number)
	if got, err := decodeAs[string](large, large, b); err != nil || got != number {
		t.Errorf("%s became %s, %v", number, got, err)
	}
	if v, err := decodeAs[int64](large, large, b); !errors.Is(err, serde.TypeMismatch) {
		t.Errorf("%s fits into an int64: %d, %v", number, v, err)
	}
}

func TestDecimalsBeyondTheirPrecisionAreRefused(t *testing.T) {
	t.Parallel()
	s := decimalSchema("bytes", 3, 1)
	enc, err := avro.NewEncoder[int64](s)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []int64{1000, -1000, math.MaxInt64, math.MinInt64} {
		if b, err := enc.AppendEncode(nil, v); !errors.Is(err, serde.TypeMismatch) {
			t.Errorf("%d: % x, %v", v, b, err)
		}
	}
	for _, payload := range []string{"\x04\x03\xe8", "\x04\xfc\x18", "\x12\x01\x00\x00\x00\x00\x00\x00\x00\x00"} {
		if v, err := decodeAs[int64](s, s, []byte(payload)); err == nil {
			t.Errorf("% x is %d", payload, v)
		}
		if v, err := decodeAs[string](s, s, []byte(payload)); err == nil {
			t.Errorf("% x is %s", payload, v)
		}
	}
	for payload, want := range map[string]int64{"\x00": 0, "\x06\x00\x00\x07": 7, "\x06\xff\xff\xff": -1} {
		if v, err := decodeAs[int64](s, s, []byte(payload)); err != nil || v != want {
			t.Errorf("% x is %d, %v, want %d", payload, v, err, want)
		}
	}
}

func TestScalarDecimalsAndDurationsAreDerived(t *testing.T) {
	t.Parallel()
	type invoice struct {
		Cents int64                   `avro:"cents,decimal(9,2)"`
		Text  string                  `avro:"text,decimal(30,10)"`
		Due   avro.CalendarDuration   `avro:"due"`
		More  []avro.CalendarDuration `avro:"more"`
	}
	s, err := avro.SchemaFor[invoice]()
	if err != nil {
		t.Fatal(err)
	}
	want := `{"type":"record","name":"invoice","fields":[{"name":"cents","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},` +
		`{"name":"text","type":{"type":"bytes","logicalType":"decimal","precision":30,"scale":10}},` +
		`{"name":"due","type":{"type":"fixed","name":"CalendarDuration","size":12,"logicalType":"duration"}},{"name":"more","type":{"type":"array","items":"CalendarDuration"}}]}`
	if d := cmp.Diff(want, s.String()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	v := invoice{1250, "-1.5000000000", avro.CalendarDuration{Months: 1, Days: 2, Millis: math.MaxUint32}, []avro.CalendarDuration{{Days: 7}}}
	b := encodeAs(t, s, v)
	if got, err := decodeAs[invoice](s, s, b); err != nil || got.Cents != v.Cents || got.Text != v.Text || got.Due != v.Due || got.More[0] != v.More[0] {
		t.Errorf("%+v, %v, want %+v", got, err, v)
	}
	if b := encodeAs(t, avro.MustParse(`{"type":"fixed","name":"D","size":12,"logicalType":"duration"}`), v.Due); string(b) != "\x01\x00\x00\x00\x02\x00\x00\x00\xff\xff\xff\xff" {
		t.Errorf("a duration is % x", b)
	}
	if _, err := avro.NewEncoder[avro.CalendarDuration](avro.MustParse(`{"type":"fixed","name":"D","size":12}`)); err == nil {
		t.Error("a fixed of 12 bytes that is no duration takes a CalendarDuration")
	}
}
