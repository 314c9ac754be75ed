package bench

import "github.com/concord-go/concord/avro"

func concord[T, L any](s *shape[T, L]) codec {
	schema, later := avro.MustParse(s.schema), avro.MustParse(s.later)
	encoder := must(avro.NewEncoder[T](schema))
	// Unions of several types are any, and to the peers the value itself is in it.
	decoder := must(avro.NewDecoder[T](schema, nil, avro.PlainUnions()))
	inPlace := must(avro.NewDecoder[T](schema, nil, avro.PlainUnions(), avro.StringsInPayload()))
	reuse := must(avro.NewDecoder[T](schema, nil, avro.PlainUnions(), avro.StringsInPayload(), avro.ReuseMemory()))
	resolver := must(avro.NewDecoder[L](schema, later, avro.PlainUnions()))
	resolveReuse := must(avro.NewDecoder[L](schema, later, avro.PlainUnions(), avro.StringsInPayload(), avro.ReuseMemory()))
	buffer, kept, keptLater := make([]byte, 0, room), new(T), new(L)
	return codec{
		name:    "concord",
		encode:  func() ([]byte, error) { return encoder.AppendEncode(buffer, s.value) },
		decode:  func(p []byte) (any, error) { v := new(T); return v, decoder.Decode(p, v) },
		inPlace: func(p []byte) (any, error) { v := new(T); return v, inPlace.Decode(p, v) },
		reuse:   func(p []byte) (any, error) { return kept, reuse.Decode(p, kept) },
		resolve: func(p []byte) (any, error) { v := new(L); return v, resolver.Decode(p, v) },

		resolveReuse: func(p []byte) (any, error) { return keptLater, resolveReuse.Decode(p, keptLater) },
	}
}

// concordDynamic has values in goavro's form.
func concordDynamic[T, L any](s *shape[T, L]) codec {
	schema := avro.MustParse(s.schema)
	encoder := must(avro.NewEncoder[map[string]any](schema))
	decoder := must(avro.NewDecoder[map[string]any](schema, nil))
	buffer := make([]byte, 0, room)
	var native map[string]any
	if err := decoder.Decode(s.payload(), &native); err != nil {
		panic(err)
	}
	var v map[string]any
	return codec{
		name:    "concord-dynamic",
		encode:  func() ([]byte, error) { return encoder.AppendEncode(buffer, native) },
		dynamic: func(p []byte) (any, error) { err := decoder.Decode(p, &v); return v, err }, // Decode makes the map anew
		undo:    func(v any) ([]byte, error) { return encoder.AppendEncode(nil, v.(map[string]any)) },
	}
}

// concordPlain has values without the names of unions' branches, as twmb has them.
func concordPlain[T, L any](s *shape[T, L]) codec {
	schema := avro.MustParse(s.schema)
	encoder := must(avro.NewEncoder[map[string]any](schema))
	decoder := must(avro.NewDecoder[map[string]any](schema, nil, avro.PlainUnions()))
	var v map[string]any
	return codec{
		name:    "concord-plain",
		dynamic: func(p []byte) (any, error) { err := decoder.Decode(p, &v); return v, err }, // Decode makes the map anew
		undo:    func(v any) ([]byte, error) { return encoder.AppendEncode(nil, v.(map[string]any)) },
	}
}
