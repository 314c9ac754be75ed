package avro_test

import (
	"errors"
	"testing"

	"github.com/concord-go/concord/avro"
)

func TestAnErrorNamesTheTypeThatIsMissing(t *testing.T) {
	t.Parallel()
	const text = `{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"by","type":"Customer"}]}`
	_, err := avro.Parse(text)
	fault, ok := errors.AsType[*avro.SchemaError](err)
	if !ok || fault.Undefined != (avro.Name{Namespace: "shop", Local: "Customer"}) || fault.Path != "/fields/0/type" {
		t.Fatalf("%#v", err)
	}
	customer := avro.MustParse(`{"type":"record","name":"shop.Customer","fields":[]}`)
	if _, err := avro.Parse(text, avro.WithReferences(customer)); err != nil {
		t.Error(err)
	}
	if _, err := avro.Parse(`{"type":"fixed","name":"F"}`); !errors.As(err, &fault) || fault.Undefined != (avro.Name{}) {
		t.Errorf("%#v", err)
	}
}
