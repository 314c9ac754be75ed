package avro

import (
	"reflect"

	"github.com/concord-go/concord/avro/wire"
)

// ReflectCodec is an encoder and a decoder for a Go type that a test makes while it runs.
type ReflectCodec struct {
	Type    reflect.Type
	encoder Encoder[struct{}]
	decoder Decoder[struct{}]
}

// NewReflectCodec compiles a codec of t; writer is the schema of both directions' data.
func NewReflectCodec(writer, reader *Schema, t reflect.Type) (*ReflectCodec, error) {
	c := &ReflectCodec{Type: t}
	c.encoder.limits, c.decoder.limits = Limits{}.resolve(), Limits{}.resolve()
	var err error
	if c.encoder.program, err = compileEncode(reader, t, &encodeConfig{}); err != nil {
		return nil, err
	}
	c.decoder.program, err = compileDecode(writer, reader, t, &decodeConfig{})
	return c, err
}

// Encode encodes what v, a pointer, points to, with the reader schema.
func (c *ReflectCodec) Encode(v reflect.Value) ([]byte, error) {
	state := encoding{depth: c.encoder.limits.depth, trials: maxTrials}
	b, err := state.run(c.encoder.program, memoryOfPointer(v), nil)
	return b, finishEncodeError(err)
}

// Decode decodes into a new value and returns a pointer to it.
func (c *ReflectCodec) Decode(payload []byte) (reflect.Value, error) {
	v := reflect.New(c.Type)
	err := c.decoder.decode(payload, memoryOfPointer(v), c.decoder.strings)
	return v, err
}

// DecodeAgain decodes into what v, a pointer, points to, with ReuseMemory and StringsInPayload.
func (c *ReflectCodec) DecodeAgain(payload []byte, v reflect.Value) error {
	d := c.decoder
	d.config.reuse, d.strings = true, wire.StringsInPayload
	return d.decode(payload, memoryOfPointer(v), d.strings)
}
