package bench

import twmb "github.com/twmb/avro"

func twmbAvro[T, L any](s *shape[T, L]) codec {
	schema := must(twmb.Parse(s.schema))
	resolved := must(twmb.Resolve(schema, must(twmb.Parse(s.later))))
	buffer, value, kept, keptLater := make([]byte, 0, room), &s.value, new(T), new(L)
	// decode takes all bytes, as the others do.
	decode := func(schema *twmb.Schema, p []byte, v any, opts ...twmb.Opt) error {
		rest, err := schema.Decode(p, v, opts...)
		if err == nil && len(rest) > 0 {
			return errTrailing
		}
		return err
	}
	alias := twmb.AliasInput()
	return codec{
		name:    "twmb",
		encode:  func() ([]byte, error) { return schema.AppendEncode(buffer, value) },
		decode:  func(p []byte) (any, error) { v := new(T); return v, decode(schema, p, v) },
		inPlace: func(p []byte) (any, error) { v := new(T); return v, decode(schema, p, v, alias) },
		reuse:   func(p []byte) (any, error) { return kept, decode(schema, p, kept, alias) },
		resolve: func(p []byte) (any, error) { v := new(L); return v, decode(resolved, p, v) },

		resolveReuse: func(p []byte) (any, error) { return keptLater, decode(resolved, p, keptLater, alias) },

		dynamic: func(p []byte) (any, error) { var v any; err := decode(schema, p, &v); return v, err },
		undo:    func(v any) ([]byte, error) { return schema.Encode(v) },
	}
}
