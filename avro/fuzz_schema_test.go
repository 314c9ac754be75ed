package avro_test

import (
	"testing"

	"github.com/concord-go/concord/avro"
)

var schemaSeeds = []string{
	`"int"`, `["null","string"]`, `[]`, `{"type":"fixed","name":"a.F","size":2,"aliases":[".X","b.Y"]}`,
	`{"type":"enum","name":"E","symbols":["A","B"],"default":"A","p":{"x":[1.50,-0,1e400]}}`,
	`{"type":"record","name":"R","fields":[{"name":"next","type":["null","R"],"default":null},{"name":"f","type":"float","default":"NaN"}]}`,
	`{"type":"record","name":"a.R","fields":[{"name":"x","type":"S"},{"name":"y","type":{"type":"record","name":"S","namespace":"","fields":[]}}]}`,
	`{"type":"record","name":"R","fields":[{"name":"x","type":{"type":"map","values":"bytes"},"default":{"k":"\u00ff"}}]} `,
	"// c\n{\"type\":/**/\"long\",\"logicalType\":\"timestamp-micros\"}",
	`[{"type":"array","items":{"type":"fixed","name":"F","size":0}},{"type":"map","values":"F"}]`,
}

func FuzzParse(f *testing.F) {
	for _, s := range schemaSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := avro.Parse(text)
		if err != nil {
			_, _ = avro.Parse(text, avro.WithLaxNamespaces(), avro.WithDefaultCheck(avro.CheckDefaultShapes)) // must not panic
			return
		}
		checkInvariants(t, s)
		if _, err := avro.Parse(text, avro.WithLaxNamespaces(), avro.WithDefaultCheck(avro.IgnoreDefaults)); err != nil {
			t.Fatalf("what is valid is refused in the lax mode: %v", err)
		}
	})
}

func FuzzCompatibility(f *testing.F) {
	for _, w := range schemaSeeds {
		for _, r := range schemaSeeds {
			f.Add(w, r)
		}
	}
	f.Fuzz(func(t *testing.T, writer, reader string) {
		w, err := avro.Parse(writer)
		if err != nil {
			return
		}
		r, err := avro.Parse(reader)
		if err != nil {
			return
		}
		for _, i := range avro.CheckCompatibility(w, r) {
			if i.Path == "" || i.WriterPath == "" || i.Message == "" || i.Kind == "" {
				t.Fatalf("a reason without a place or words: %+v", i)
			}
		}
	})
}
