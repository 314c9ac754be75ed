package jsonschema_test

import (
	stdjson "encoding/json"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/concord-go/concord/jsonschema"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

// The rows are to be compared with each other, in one run.
func BenchmarkCodec(b *testing.B) {
	s, err := jsonschema.SchemaFor[conformEvent]()
	if err != nil {
		b.Fatal(err)
	}
	writer := serde.WriterSchema{Schema: registry.Schema{Text: s.String(), Type: registry.JSON}}
	note := "n"
	e := conformEvent{ID: "u123", At: time.UnixMilli(1727260800123).UTC(), Count: 17, Kind: "view", Note: &note, Tags: []string{"a", "b", "c"}, Extra: map[string]string{"k": "v"}}
	e.Inner = conformInner{0.5, []byte("abcdefgh"), "12.5"}
	buffer := make([]byte, 0, 4096)
	encode := func(name string, opts ...jsonschema.FormatOption) {
		c, err := jsonschema.For[conformEvent](opts...).NewEncoder(writer)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.AppendEncode(buffer, e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	payload, err := json.Marshal(&e)
	if err != nil {
		b.Fatal(err)
	}
	if payload, err = stdjson.Marshal(&e); err != nil {
		b.Fatal(err)
	}
	decode := func(name string, opts ...jsonschema.FormatOption) {
		c, err := jsonschema.For[conformEvent](opts...).NewDecoder(writer)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var e conformEvent
				if err := c.Decode(payload, &e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("marshal/encoding-json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = stdjson.Marshal(&e)
		}
	})
	b.Run("marshal/go-json-experiment", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = json.Marshal(&e)
		}
	})
	encode("encode/unchecked", jsonschema.WithoutWriteValidation())
	encode("encode/fast-path")
	encode("encode/engine", jsonschema.AssertFormats())
	b.Run("unmarshal/encoding-json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var e conformEvent
			_ = stdjson.Unmarshal(payload, &e)
		}
	})
	decode("decode/unchecked")
	decode("decode/fast-path", jsonschema.WithReadValidation())
	decode("decode/engine", jsonschema.WithReadValidation(), jsonschema.AssertFormats())
}
