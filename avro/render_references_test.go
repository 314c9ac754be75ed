package avro_test

import (
	"testing"

	"github.com/concord-go/concord/avro"
)

func TestReferencedTypesAreWrittenByName(t *testing.T) {
	t.Parallel()
	money := avro.MustParse(`{"type":"record","name":"com.acme.Money","fields":[{"name":"c","type":{"type":"enum","name":"Currency","symbols":["EUR"]}}]}`)
	order := avro.MustParse(`{"fields":[{"type":"com.acme.Money","name":"a"},{"name":"b","type":"com.acme.Money"},{"name":"c","type":"com.acme.Currency"}],"type":"record","name":"Order"}`, avro.WithReferences(money))
	want := `{"type":"record","name":"Order","fields":[{"name":"a","type":"com.acme.Money"},{"name":"b","type":"com.acme.Money"},` +
		`{"name":"c","type":{"type":"enum","name":"Currency","namespace":"com.acme","symbols":["EUR"]}}]}`
	if got := order.StringWithout(money); got != want {
		t.Errorf("StringWithout = %s\nwant %s", got, want)
	}
	if got, err := order.NormalizedWithout(money, avro.MustParse(`"int"`)); err != nil || got != want {
		t.Errorf("NormalizedWithout = %s, %v\nwant %s", got, err, want)
	}
	again, err := avro.Parse(want, avro.WithReferences(money))
	if err != nil || again.String() != order.String() {
		t.Errorf("the text with the reference is another schema: %v, %v", again, err)
	}
	if got := order.StringWithout(); got != order.String() {
		t.Errorf("without references it is not String: %s", got)
	}
}
