package avro_test

import (
	"testing"
	"time"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/serde/serdetest"
)

type conformEvent struct {
	ID    string            `avro:"id"`
	At    time.Time         `avro:"at"`
	Count int32             `avro:"count"`
	Note  *string           `avro:"note"`
	Tags  []string          `avro:"tags"`
	Extra map[string]string `avro:"extra"`
	Inner conformInner      `avro:"inner"`
}

type conformInner struct {
	Ratio float64 `avro:"ratio"`
	Raw   []byte  `avro:"raw"`
}

func TestTheTypedFormatConforms(t *testing.T) {
	note := "n"
	full := conformEvent{
		ID: "é", At: time.UnixMilli(1727260800123).UTC(), Count: -5, Note: &note,
		Tags: []string{"a", ""}, Extra: map[string]string{"k": "v"},
	}
	full.Inner.Ratio, full.Inner.Raw = 0.5, []byte{0, 255}
	empty := conformEvent{At: time.UnixMilli(0).UTC(), Tags: []string{}, Extra: map[string]string{}}
	empty.Inner.Raw = []byte{}
	serdetest.Run(t, serdetest.Case[conformEvent]{
		Format: avro.For[conformEvent](), Values: []conformEvent{full, empty}, SelfDelimiting: true, EncodesWithoutAllocating: !pureGo,
	})
}

func TestTheDynamicFormatConforms(t *testing.T) {
	t.Parallel()
	serdetest.Run(t, serdetest.Case[map[string]any]{
		Format: avro.Dynamic(`{"type":"record","name":"E","fields":[{"name":"a","type":"string"},{"name":"u","type":["null","long"]}]}`),
		Values: []map[string]any{
			{"a": "x", "u": nil},
			{"a": "", "u": map[string]any{"long": int64(7)}},
		},
		SelfDelimiting: true,
	})
}

// A top-level bytes schema has no length in the wire format, so that any bytes are a value.
func TestTheFormatOfBytesConforms(t *testing.T) {
	t.Parallel()
	serdetest.Run(t, serdetest.Case[[]byte]{
		Format: avro.For[[]byte](avro.WithSchema(`"bytes"`)),
		Values: [][]byte{{}, {0}, {1, 2, 3}},
	})
}
