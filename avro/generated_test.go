package avro_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/avro"
	gen "github.com/concord-go/concord/internal/avrogen/generated"
	"github.com/concord-go/concord/serde"
)

// wireWriter writes random data of a schema, in all the ways that the encoding allows:
// arrays in several blocks, with their size or without, and numbers that take more bytes
// than they need.
type wireWriter struct {
	*rand.Rand
	depth int
}

func (w *wireWriter) long(dst []byte, v int64) []byte {
	dst = binary.AppendVarint(dst, v)
	if w.IntN(300) == 0 && dst[len(dst)-1] != 0 && len(dst) < 8 {
		dst[len(dst)-1] |= 0x80
		dst = append(dst, 0)
	}
	return dst
}

func (w *wireWriter) number(bits int) int64 { return int64(w.Uint64()) >> (64 - bits + w.IntN(bits)) }

func (w *wireWriter) text() string {
	const letters = "abcdefghijklmnopqrstuvwxyz äé日😀"
	runes := []rune(letters)
	n := w.IntN(12)
	if w.IntN(20) == 0 {
		n = w.IntN(300)
	}
	s := make([]rune, n)
	for i := range s {
		s[i] = runes[w.IntN(len(runes))]
	}
	return string(s)
}

func (w *wireWriter) append(dst []byte, s *avro.Schema) []byte {
	w.depth++
	defer func() { w.depth-- }()
	switch s.Kind() {
	case avro.Boolean:
		return append(dst, byte(w.IntN(2)))
	case avro.Int:
		if t := s.Logical().Type; t == avro.TimeMillis {
			return w.long(dst, w.Int64N(86_400_000))
		}
		return w.long(dst, w.number(32))
	case avro.Long:
		switch s.Logical().Type {
		case avro.TimeMicros:
			return w.long(dst, w.Int64N(86_400_000_000))
		case "":
			return w.long(dst, w.number(64))
		}
		return w.long(dst, w.number(50))
	case avro.Float:
		return binary.LittleEndian.AppendUint32(dst, w.Uint32()&^0x40000000) // no NaN, which equals nothing
	case avro.Double:
		return binary.LittleEndian.AppendUint64(dst, w.Uint64()&^0x4000000000000000)
	case avro.Bytes:
		n := w.IntN(4)
		dst = w.long(dst, int64(n))
		for range n {
			dst = append(dst, byte(w.IntN(256)))
		}
		return dst
	case avro.String:
		t := w.text()
		return append(w.long(dst, int64(len(t))), t...)
	case avro.Fixed:
		dst = append(dst, make([]byte, s.Size())...)
		if s.Size() > 0 {
			dst[len(dst)-1] = byte(w.IntN(256))
		}
		return dst
	case avro.Enum:
		return w.long(dst, int64(w.IntN(len(s.Symbols()))))
	case avro.Record:
		for _, f := range s.Fields() {
			dst = w.append(dst, f.Type())
		}
		return dst
	case avro.Array, avro.Map:
		return w.blocks(dst, s)
	case avro.Union:
		i := w.IntN(len(s.Branches()))
		if w.depth > 8 {
			for j, b := range s.Branches() {
				if b.Kind() != avro.Record {
					i = j
				}
			}
		}
		return w.append(w.long(dst, int64(i)), s.Branches()[i])
	}
	return dst // null
}

func (w *wireWriter) blocks(dst []byte, s *avro.Schema) []byte {
	for w.depth < 6 && w.IntN(3) > 0 {
		n := 1 + w.IntN(3)
		var items []byte
		for range n {
			if s.Kind() == avro.Map {
				key := w.text()
				items = append(w.long(items, int64(len(key))), key...)
			}
			items = w.append(items, s.Items())
		}
		if w.IntN(3) == 0 {
			dst = w.long(w.long(dst, int64(-n)), int64(len(items)))
		} else {
			dst = w.long(dst, int64(n))
		}
		dst = append(dst, items...)
	}
	return append(dst, 0)
}

// mutate changes a payload in one place, or cuts it.
func (w *wireWriter) mutate(payload []byte) []byte {
	p := bytes.Clone(payload)
	if len(p) == 0 {
		return []byte{byte(w.IntN(256))}
	}
	at := w.IntN(len(p))
	switch w.IntN(5) {
	case 0:
		return p[:at]
	case 1:
		p[at] ^= 1 << w.IntN(8)
	case 2:
		p[at] = []byte{0, 1, 2, 0x7f, 0x80, 0xff}[w.IntN(6)]
	case 3:
		return append(p, byte(w.IntN(256)))
	case 4:
		return append(p[:at:at], payload[min(len(p), at+1+w.IntN(4)):]...)
	}
	return p
}

// generatedType is what a generated type's pointer has.
type generatedType[T any] interface {
	*T
	AvroSchema() string
	AppendAvro([]byte) ([]byte, error)
	DecodeAvro([]byte) error
	AvroCode() avro.GeneratedCode
}

// eachGenerated runs check for the type of each generated record.
func eachGenerated(check func(name string, differ func(rnd *rand.Rand, payload []byte) string, schema *avro.Schema, code fast)) {
	add := func(name string, p comparison) { check(name, p.differ, p.schema, p.code) }
	add("EveryKind", pairOf[gen.EveryKind]())
	add("Hostile", pairOf[gen.Hostile]())
	add("Logical", pairOf[gen.Logical]())
	add("Place", pairOf[gen.Place]())
	add("Unions", pairOf[gen.Unions]())
	add("Click", pairOf[gen.Click]())
	add("Tree", pairOf[gen.Tree]())
	add("Leaf", pairOf[gen.Leaf]())
	add("Empty", pairOf[gen.Empty]())
}

// fast reports whether the generated code alone reads the payload, and writes it again.
type fast func(payload []byte) (reads, writes bool)

type comparison struct {
	schema *avro.Schema
	differ func(rnd *rand.Rand, payload []byte) string
	code   fast
}

var anyBits = cmp.Options{sameRat, sameBits}

// pairOf compares generated code with plans.
func pairOf[T any, P generatedType[T]]() comparison {
	schema := avro.MustParse(P(new(T)).AvroSchema())
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	code := P(new(T)).AvroCode().(*avro.Generated[T])
	options := [][]avro.DecoderOption{
		nil, {avro.StringsInPayload()}, {avro.ReuseMemory()}, {avro.WithRawStrings()}, {avro.AllowTrailingBytes()},
		{avro.WithLimits(avro.Limits{Depth: 3})}, {avro.WithLimits(avro.Limits{Depth: 7, EmptyItems: 2})}, {avro.WithLimits(avro.Limits{Memory: 200, MemoryPerByte: 1})},
	}
	var decoders, plans []*avro.Decoder[T]
	var pointers []*avro.Decoder[P]
	for _, o := range options {
		d, err := avro.NewDecoder[T](schema, nil, o...)
		must(err)
		plan, _ := d.ByPlan()
		p, err := avro.NewDecoder[P](schema, nil, o...)
		must(err)
		decoders, plans, pointers = append(decoders, d), append(plans, plan), append(pointers, p)
	}
	enc, err := avro.NewEncoder[T](schema)
	must(err)
	encPlan, generated := enc.ByPlan()
	if _, too := decoders[0].ByPlan(); !generated || !too {
		panic("no generated code is used")
	}
	limited, err := avro.NewEncoder[T](schema, avro.WithLimits(avro.Limits{Depth: 6}))
	must(err)
	limitedPlan, _ := limited.ByPlan()
	differ := func(rnd *rand.Rand, payload []byte) string {
		var direct, want T
		err, wantErr := P(&direct).DecodeAvro(payload), code.DecodeByPlan(payload, &want)
		if d := differs(direct, want, err, wantErr); d != "" {
			return "DecodeAvro: " + d
		}
		for i, dec := range decoders {
			var got, want T
			var pointer P
			if i == 2 { // reuse: something is there
				clone := bytes.Clone(payload)
				_, _, _ = dec.Decode(clone, &got), plans[i].Decode(clone, &want), pointers[i].Decode(clone, &pointer)
			}
			err, wantErr := dec.Decode(bytes.Clone(payload), &got), plans[i].Decode(bytes.Clone(payload), &want)
			if i == 7 && err == nil && errors.Is(wantErr, serde.LimitExceeded) {
				continue // memory is estimated, and not the same
			}
			if d := differs(got, want, err, wantErr); d != "" {
				return "Decode with options " + string(rune('0'+i)) + ": " + d
			}
			err = pointers[i].Decode(bytes.Clone(payload), &pointer)
			if errors.Is(err, serde.LimitExceeded) {
				continue // the pointer is a level, and takes memory
			}
			if (err == nil) != (wantErr == nil) || err == nil && different(want, *pointer) != "" {
				return "Decode of a pointer: " + errorText(err)
			}
		}
		if wantErr != nil {
			return ""
		}
		out, err := P(&direct).AppendAvro([]byte("x"))
		same, planErr := encPlan.AppendEncode([]byte("x"), want)
		whole, wholeErr := enc.AppendEncode([]byte("x"), want)
		if err != nil || planErr != nil || wholeErr != nil || len(out) != len(same) || len(whole) != len(same) || out[0] != 'x' {
			return "AppendAvro: " + errors.Join(err, planErr, wholeErr).Error()
		}
		var again T
		if err := code.DecodeByPlan(out[1:], &again); err != nil || different(want, again) != "" {
			return "what AppendAvro wrote is another value: " + cmp.Diff(want, again, anyBits)
		}
		_, err = limited.AppendEncode(nil, want)
		if _, planErr = limitedPlan.AppendEncode(nil, want); err == nil && planErr != nil {
			return "the limit of depth: " + planErr.Error()
		}
		return ""
	}
	return comparison{schema, differ, func(payload []byte) (reads, writes bool) {
		var v T
		reads = decoders[0].DecodeByCode(payload, &v)
		_, writes = enc.AppendByCode(nil, v)
		return reads, writes
	}}
}

// differs compares what generated code and a plan made of the same payload.
func differs[T any](got, want T, err, wantErr error) string {
	switch {
	case (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error():
		return "error " + errorText(err) + ", of the plan " + errorText(wantErr)
	case err == nil:
		return different(want, got)
	}
	return ""
}

// different is how two values differ.
func different(want, got any) string {
	if reflect.DeepEqual(want, got) { // faster, and exact
		return ""
	}
	return cmp.Diff(want, got, anyBits)
}

func errorText(err error) string {
	if err == nil {
		return "none"
	}
	return err.Error()
}

func TestGeneratedCodeDoesWhatPlansDo(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(20, 26))
	eachGenerated(func(name string, differ func(*rand.Rand, []byte) string, schema *avro.Schema, code fast) {
		w := &wireWriter{Rand: rnd}
		rounds := 80
		if raceEnabled || pureGo {
			rounds = 20
		}
		byCode := 0
		for range rounds {
			payload := w.append(nil, schema)
			if d := differ(rnd, payload); d != "" {
				t.Fatalf("%s: %s\n%x", name, d, payload)
			}
			if reads, writes := code(payload); reads && writes {
				byCode++
			} else if reads {
				t.Fatalf("%s: the generated code does not write what it read\n%x", name, payload)
			}
			for range 8 {
				if p := w.mutate(payload); differ(rnd, p) != "" {
					t.Fatalf("%s: %s\n%x", name, differ(rnd, p), p)
				}
			}
		}
		// The others have a number in more bytes than it needs.
		if byCode < rounds*3/4 {
			t.Errorf("%s: the generated code read only %d of %d payloads", name, byCode, rounds)
		}
	})
}

func FuzzGeneratedCode(f *testing.F) {
	w := &wireWriter{Rand: rand.New(rand.NewPCG(1, 2))}
	var differs []func(*rand.Rand, []byte) string
	eachGenerated(func(_ string, differ func(*rand.Rand, []byte) string, schema *avro.Schema, _ fast) {
		for range 3 {
			f.Add(uint8(len(differs)), w.append(nil, schema))
		}
		differs = append(differs, differ)
	})
	f.Fuzz(func(t *testing.T, which uint8, payload []byte) {
		if d := differs[int(which)%len(differs)](nil, payload); d != "" {
			t.Fatal(d)
		}
	})
}

func TestGeneratedCodeIsForItsOwnSchemaAlone(t *testing.T) {
	t.Parallel()
	const start = `{"type":"record","name":"Click","namespace":"com.acme","fields":[{"name":"x","type":"int"},`
	own := avro.MustParse(new(gen.Click).AvroSchema())
	for text, want := range map[string]bool{
		start + `{"name":"y","type":"int"}]}`:                                           true,
		start + `{"name":"y","type":"int","default":1,"doc":"d"}],"doc":"d"}`:           true,
		start + `{"name":"y","type":"long"}]}`:                                          false,
		start + `{"name":"z","type":"int","aliases":["y"]}]}`:                           false,
		start + `{"name":"y","type":{"type":"int","logicalType":"date"}}]}`:             false,
		start + `{"name":"y","type":"int"},{"name":"z","type":"int","default":0}]}`:     false,
		strings.Replace(start, "com.acme", "org", 1) + `{"name":"y","type":"int"}]}`:    false,
		strings.Replace(start, `"x"`, `"y"`, 1) + `{"name":"x","type":"int"}]}`:         false,
		strings.Replace(start, `"Click"`, `"Clack"`, 1) + `{"name":"y","type":"int"}]}`: false,
	} {
		s := avro.MustParse(text)
		if d, err := avro.NewDecoder[gen.Click](s, own, avro.AllowNarrowing()); err == nil {
			if _, generated := d.ByPlan(); generated != want {
				t.Errorf("data of %s: generated code is used: %t", text, generated)
			}
		}
		if d, err := avro.NewDecoder[gen.Click](own, s); err == nil {
			if _, generated := d.ByPlan(); generated != want {
				t.Errorf("read as %s: generated code is used: %t", text, generated)
			}
		}
		if e, err := avro.NewEncoder[gen.Click](s); err == nil {
			if _, generated := e.ByPlan(); generated != want {
				t.Errorf("written as %s: generated code is used: %t", text, generated)
			}
		}
	}
}

// embedding has the methods of a generated type without being one.
type embedding struct {
	gen.Click
	Z int32 `avro:"z"`
}

type embeddingNil struct {
	*gen.Click
	Z int32 `avro:"z"`
}

func TestAStructThatEmbedsAGeneratedOneIsWrittenWhole(t *testing.T) {
	t.Parallel()
	s := avro.MustParse(`{"type":"record","name":"Click","namespace":"com.acme","fields":[{"name":"x","type":"int"},{"name":"y","type":"int"},{"name":"z","type":"int"}]}`)
	enc, err := avro.NewEncoder[embedding](s)
	if err != nil {
		t.Fatal(err)
	}
	b, err := enc.AppendEncode(nil, embedding{gen.Click{X: 1, Y: 2}, 3})
	if err != nil || string(b) != "\x02\x04\x06" {
		t.Errorf("%x, %v", b, err)
	}
	var v embeddingNil
	dec, err := avro.NewDecoder[embeddingNil](s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := dec.Decode(b, &v); err != nil || v.X != 1 || v.Z != 3 {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestGeneratedCodeSaysWhatIsWrongAndWhere(t *testing.T) {
	t.Parallel()
	place := gen.Place{Street: "s", Country: "XX"}
	_, err := place.AppendAvro(nil)
	if e, ok := errors.AsType[*avro.EncodeError](err); !ok || e.Path != "country" {
		t.Errorf("an unknown symbol: %v", err)
	}
	place.Country, place.Street = gen.CountryAt, "\xff"
	out, err := place.AppendAvro([]byte("kept"))
	if e, ok := errors.AsType[*avro.EncodeError](err); !ok || e.Path != "street" || string(out) != "kept" {
		t.Errorf("no UTF-8: %q, %v", out, err)
	}
	err = place.DecodeAvro([]byte{2})
	if e, ok := errors.AsType[*avro.DecodeError](err); !ok || e.Path != "street" || !errors.Is(err, serde.Truncated) {
		t.Errorf("cut off: %v", err)
	}
	if err = place.DecodeAvro(append(make([]byte, 19), 7)); !errors.Is(err, serde.TrailingBytes) {
		t.Errorf("too long: %v", err)
	}
	var none *gen.Place
	if _, err := none.AppendAvro(nil); !errors.Is(err, serde.TypeMismatch) {
		t.Errorf("a nil pointer: %v", err)
	}
	if err := none.DecodeAvro(nil); !errors.Is(err, serde.TypeMismatch) {
		t.Errorf("into a nil pointer: %v", err)
	}
	deep := &gen.Tree{}
	for range 600 {
		deep = &gen.Tree{Left: deep}
	}
	if _, err := deep.AppendAvro(nil); err != nil && !errors.Is(err, serde.LimitExceeded) {
		t.Errorf("a deep tree: %v", err)
	}
	deep.Left = deep
	if _, err := deep.AppendAvro(nil); !errors.Is(err, serde.LimitExceeded) {
		t.Errorf("a tree in itself: %v", err)
	}
}

func TestGeneratedCodeAllocatesNoMoreThanPlans(t *testing.T) {
	if raceEnabled || pureGo {
		t.Skip("allocations differ")
	}
	rnd := &wireWriter{Rand: rand.New(rand.NewPCG(3, 4))}
	schema := avro.MustParse(new(gen.EveryKind).AvroSchema())
	enc, err := avro.NewEncoder[gen.EveryKind](schema)
	if err != nil {
		t.Fatal(err)
	}
	dec, err := avro.NewDecoder[gen.EveryKind](schema, nil)
	if err != nil {
		t.Fatal(err)
	}
	plan, _ := dec.ByPlan()
	for range 20 {
		payload := rnd.append(nil, schema)
		var v gen.EveryKind
		if err := v.DecodeAvro(payload); err != nil {
			t.Fatal(err)
		}
		dst := make([]byte, 0, 4*len(payload)+1024)
		if n := testing.AllocsPerRun(10, func() { _, err = v.AppendAvro(dst) }); n != 0 || err != nil {
			t.Errorf("AppendAvro allocates %v times, %v", n, err)
		}
		if n := testing.AllocsPerRun(10, func() { _, err = enc.AppendEncode(dst, v) }); n != 0 || err != nil {
			t.Errorf("AppendEncode allocates %v times, %v", n, err)
		}
		count := func(decode func([]byte, *gen.EveryKind) error) float64 {
			return testing.AllocsPerRun(10, func() {
				var v gen.EveryKind
				err = errors.Join(err, decode(payload, &v))
			})
		}
		direct := count(func(p []byte, v *gen.EveryKind) error { return v.DecodeAvro(p) })
		if byPlan, byCode := count(plan.Decode), count(dec.Decode); byCode > byPlan || direct > byPlan || err != nil {
			t.Errorf("Decode allocates %v times, DecodeAvro %v, a plan %v, %v", byCode, direct, byPlan, err)
		}
	}
}
