package bench

import hamba "github.com/hamba/avro/v2"

func hambaAvro[T, L any](s *shape[T, L]) codec {
	// A block's size is optional, and to write it costs a second buffer.
	api := hamba.Config{DisableBlockSizeHeader: true}.Freeze()
	schema := hamba.MustParse(s.schema)
	value, kept := &s.value, new(T)
	writer := hamba.NewWriter(nil, room, hamba.WithWriterConfig(api))
	c := codec{
		name: "hamba",
		encode: func() ([]byte, error) {
			writer.Reset(nil)
			writer.WriteVal(schema, value)
			return writer.Buffer(), writer.Error
		},
		decode:  func(p []byte) (any, error) { v := new(T); return v, api.Unmarshal(schema, p, v) },
		reuse:   func(p []byte) (any, error) { return kept, api.Unmarshal(schema, p, kept) },
		dynamic: func(p []byte) (any, error) { var v any; err := api.Unmarshal(schema, p, &v); return v, err },
		undo:    func(v any) ([]byte, error) { return api.Marshal(schema, v) },
	}
	if !s.recursive { // Resolve would not come back: it overflows the stack
		resolved := must(hamba.NewSchemaCompatibility().Resolve(hamba.MustParse(s.later), schema))
		c.resolve = func(p []byte) (any, error) { v := new(L); return v, api.Unmarshal(resolved, p, v) }
		keptLater := new(L)
		c.resolveReuse = func(p []byte) (any, error) { return keptLater, api.Unmarshal(resolved, p, keptLater) }
	}
	return c
}
