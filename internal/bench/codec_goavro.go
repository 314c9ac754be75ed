package bench

import "github.com/linkedin/goavro/v2"

// goavroMaps has neither Go types nor resolution.
func goavroMaps[T, L any](s *shape[T, L]) codec {
	schema := must(goavro.NewCodec(s.schema))
	native, _, err := schema.NativeFromBinary(s.payload())
	if err != nil {
		panic(err)
	}
	buffer := make([]byte, 0, room)
	return codec{
		name:   "goavro",
		encode: func() ([]byte, error) { return schema.BinaryFromNative(buffer, native) },
		dynamic: func(p []byte) (any, error) {
			v, rest, err := schema.NativeFromBinary(p)
			if err == nil && len(rest) > 0 {
				return nil, errTrailing
			}
			return v, err
		},
		undo: func(v any) ([]byte, error) { return schema.BinaryFromNative(nil, v) },
	}
}
