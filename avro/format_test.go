package avro_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

var (
	_ serde.Format[userEvent]      = avro.For[userEvent]()
	_ serde.Format[map[string]any] = avro.Dynamic("")
)

func writerSchema(text string, referenced ...serde.ReferencedSchema) serde.WriterSchema {
	return serde.WriterSchema{Schema: registry.Schema{Text: text}, ID: 1, Referenced: referenced}
}

func TestFormatReadsOldAndNewWriters(t *testing.T) {
	t.Parallel()
	type order struct {
		_     struct{} `avro:"shop.Order"`
		ID    string   `avro:"id,alias=orderId"`
		Total int64    `avro:"total"`
		Note  *string  `avro:"note"`
	}
	f := avro.For[order]()
	if name, err := f.RecordName(); name != "shop.Order" || err != nil {
		t.Fatalf("RecordName: %q, %v", name, err)
	}
	def, err := f.Definition()
	if err != nil {
		t.Fatal(err)
	}
	own := writerSchema(def.Schema.Text)
	old := writerSchema(`{"type":"record","name":"shop.Order","fields":[{"name":"gone","type":{"type":"array","items":"string"}},{"name":"orderId","type":"string"},{"name":"total","type":"int"}]}`)
	enc, err := avro.Dynamic(old.Text).NewEncoder(old)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := enc.AppendEncode(nil, map[string]any{"gone": []any{"x"}, "orderId": "o1", "total": 5})
	if err != nil {
		t.Fatal(err)
	}
	dec, err := f.NewDecoder(old)
	if err != nil {
		t.Fatal(err)
	}
	var got order
	if err := dec.Decode(payload, &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(order{ID: "o1", Total: 5}, got); d != "" {
		t.Fatalf("old record (-want +got):\n%s", d)
	}
	newEnc, err := f.NewEncoder(own)
	if err != nil {
		t.Fatal(err)
	}
	payload, err = newEnc.AppendEncode(nil, order{ID: "o2", Total: 6, Note: ptr("n")})
	if err != nil {
		t.Fatal(err)
	}
	newDec, err := f.NewDecoder(own)
	if err != nil {
		t.Fatal(err)
	}
	if err := newDec.Decode(payload, &got); err != nil || got.ID != "o2" || got.Total != 6 || *got.Note != "n" {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestFormatWithoutSchemaReadsWhatWasWritten(t *testing.T) {
	t.Parallel()
	f := avro.For[any]()
	if def, err := f.Definition(); def != nil || err != nil {
		t.Fatalf("Definition: %v, %v", def, err)
	}
	if _, err := f.RecordName(); err == nil {
		t.Fatal("there is a record name without a schema")
	}
	dec, err := f.NewDecoder(writerSchema(`["null","string"]`))
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := dec.Decode([]byte{2, 2, 'x'}, &v); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(any(map[string]any{"string": "x"}), v); d != "" {
		t.Fatal(d)
	}
}

func TestFormatUsesReferences(t *testing.T) {
	t.Parallel()
	const (
		country = `{"type":"enum","name":"geo.Country","symbols":["DE","FR"]}`
		address = `{"type":"record","name":"geo.Address","fields":[{"name":"country","type":"Country"}]}`
		order   = `{"type":"record","name":"Order","fields":[{"name":"to","type":"geo.Address"}]}`
	)
	leaf := &serde.Definition{Name: "geo.Country", Schema: registry.Schema{Text: country}}
	middle := &serde.Definition{Name: "geo.Address", Schema: registry.Schema{Text: address}, Imports: []*serde.Definition{leaf}}
	writer := writerSchema(order,
		serde.ReferencedSchema{Reference: registry.Reference{Name: "geo.Country"}, Schema: leaf.Schema},
		serde.ReferencedSchema{Reference: registry.Reference{Name: "geo.Address"}, Schema: middle.Schema})
	f := avro.Dynamic(order, avro.WithSchema(order, middle, leaf))
	enc, err := f.NewEncoder(writer)
	if err != nil {
		t.Fatal(err)
	}
	v := map[string]any{"to": map[string]any{"country": "FR"}}
	b, err := enc.AppendEncode(nil, v)
	if err != nil || !bytes.Equal(b, []byte{2}) {
		t.Fatalf("% x, %v", b, err)
	}
	dec, err := f.NewDecoder(writer)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := dec.Decode(b, &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(v, got); d != "" {
		t.Fatal(d)
	}
	if _, err := f.NewDecoder(writerSchema(order)); !errors.Is(err, serde.InvalidSchema) {
		t.Fatalf("without its references: %v, want an invalid schema", err)
	}
}

// The wire format's exception: at the top, bytes have no length.
func TestTopLevelBytesAreThePayload(t *testing.T) {
	t.Parallel()
	f := avro.For[[]byte](avro.WithSchema(`"bytes"`))
	enc, err := f.NewEncoder(writerSchema(`"bytes"`))
	if err != nil {
		t.Fatal(err)
	}
	dec, err := f.NewDecoder(writerSchema(`"bytes"`))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"", "a", string(make([]byte, 1000))} {
		b, err := enc.AppendEncode([]byte("f"), []byte(want))
		if err != nil || string(b) != "f"+want {
			t.Fatalf("payload % x, %v", b, err)
		}
		var got []byte
		if err := dec.Decode(b[1:], &got); err != nil || string(got) != want {
			t.Fatalf("% x, %v", got, err)
		}
	}
	asString, err := avro.For[string](avro.WithSchema(`"string"`)).NewDecoder(writerSchema(`"bytes"`))
	if err != nil {
		t.Fatal(err)
	}
	var s string
	if err := asString.Decode([]byte("abc"), &s); err != nil || s != "abc" {
		t.Fatalf("%q, %v", s, err)
	}
	if err := asString.Decode([]byte{0xff}, &s); !errors.Is(err, serde.Malformed) {
		t.Fatalf("bytes that are no string: %v", err)
	}
}

func TestFormatErrorsHaveTheirClass(t *testing.T) {
	t.Parallel()
	type event struct {
		ID   string    `avro:"id"`
		Time time.Time `avro:"time"`
	}
	f := avro.For[event]()
	for name, c := range map[string]struct {
		writer serde.WriterSchema
		want   serde.Class
	}{
		"no Avro":        {serde.WriterSchema{Schema: registry.Schema{Text: "{}", Type: registry.JSON}}, serde.InvalidSchema},
		"no schema":      {writerSchema(`{"type":"rekord"}`), serde.InvalidSchema},
		"another record": {writerSchema(`{"type":"record","name":"other","fields":[]}`), serde.Incompatible},
		"another type":   {writerSchema(`"int"`), serde.Incompatible},
	} {
		if _, err := f.NewDecoder(c.writer); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want class %v", name, err, c.want)
		}
	}
	if _, err := f.NewEncoder(writerSchema(`{"type":"record","name":"event","fields":[{"name":"id","type":"int"}]}`)); !errors.Is(err, serde.TypeMismatch) {
		t.Errorf("a type that does not fit: %v", err)
	}
}

// Registries hold schemas whose namespaces and defaults nobody checked.
func TestFormatTakesSloppyWriterSchemas(t *testing.T) {
	t.Parallel()
	writer := writerSchema(`{"type":"record","name":"R","namespace":"my-app.x","fields":[{"name":"a","type":"int","default":"none"}]}`)
	dec, err := avro.For[map[string]any]().NewDecoder(writer)
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := dec.Decode([]byte{2}, &v); err != nil || v["a"] != int32(1) {
		t.Fatalf("%v, %v", v, err)
	}
}
