package bench

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/internal/avrogen"
	"github.com/concord-go/concord/internal/bench/generated"
)

func TestGeneratedCodeIsUpToDate(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("generated/*.avsc")
	if err != nil || len(names) != len(records()) {
		t.Fatal(names, err)
	}
	var sources []avrogen.Source
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, avrogen.Source{Name: filepath.Base(name), Text: string(text)})
	}
	outputs, err := avrogen.Generate(sources, avrogen.Options{Package: "generated"})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range outputs {
		if there, err := os.ReadFile(filepath.Join("generated", o.Name)); err != nil || !bytes.Equal(there, o.Text) {
			t.Errorf("%s is not as it is generated now (go generate): %v", o.Name, err)
		}
	}
}

// The schemas of the generated types are those of the records.
func TestGeneratedCodeIsForTheRecords(t *testing.T) {
	t.Parallel()
	for text, own := range map[string]string{
		eventSchema: new(generated.UserEvent).AvroSchema(), flatSchema: new(generated.Measurement).AvroSchema(),
		wideSchema(false): new(generated.Wide).AvroSchema(), nestedSchema: new(generated.Company).AvroSchema(),
		longsSchema: new(generated.Series).AvroSchema(), unionsSchema: new(generated.Observation).AvroSchema(),
	} {
		if want, got := avro.MustParse(text).String(), avro.MustParse(own).String(); got != want {
			t.Errorf("generated for\n%s\nthe record has\n%s", got, want)
		}
	}
}
