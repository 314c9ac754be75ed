package avro

// DefaultWire is a field's default as an Avro datum, for tests.
func DefaultWire(f *Field) []byte { return f.defaultWire }
