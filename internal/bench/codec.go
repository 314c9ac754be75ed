package bench

import "errors"

// codec is one way to write and read one record, with everything compiled. What the
// library has not is nil. Each is used in the fastest safe way that its library
// documents.
type codec struct {
	name string
	// encode writes the record's value, into a buffer that is used again where the
	// library allows it. The bytes are good until the next call.
	encode func() ([]byte, error)
	// decode reads into a fresh value and copies the strings.
	decode func(payload []byte) (any, error)
	// inPlace is decode into a fresh value, whose strings lie in the payload.
	inPlace func(payload []byte) (any, error)
	// reuse is decode, strings in the payload if the library can, into the same value
	// each time.
	reuse func(payload []byte) (any, error)
	// resolve reads into a fresh value of the later program's type; the schemas were
	// resolved before.
	resolve func(payload []byte) (any, error)
	// resolveReuse is resolve into the same value each time, as reuse is.
	resolveReuse func(payload []byte) (any, error)
	// dynamic reads without a Go type, into what the library has for that.
	dynamic func(payload []byte) (any, error)
	// undo writes what dynamic has read, for the tests.
	undo func(v any) ([]byte, error)
	// shared turns what decode and resolve return into the shape's types, where the
	// library has types of its own. nil: they are the shape's.
	shared func(v any) any
}

// codecs is the table's other side: a line for each.
func (s *shape[T, L]) codecs() []codec {
	return []codec{
		handwritten(s),
		handwrittenShared(s),
		concordGenerated(s),
		concord(s),
		concordDynamic(s),
		concordPlain(s),
		twmbAvro(s),
		hambaAvro(s),
		goavroMaps(s),
	}
}

// must keeps set-up short; the errors of what is measured are looked at.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// room is what an encoder's buffer begins with: no record of the table needs more.
const room = 128 << 10

var errTrailing = errors.New("bytes are left after the value")

func handwritten[T, L any](s *shape[T, L]) codec {
	buffer := make([]byte, 0, room)
	value := s.value
	return codec{
		name:    "handwritten",
		encode:  func() ([]byte, error) { return s.write(buffer, &value) },
		decode:  func(p []byte) (any, error) { v := new(T); return v, s.read(p, alone, v) },
		inPlace: func(p []byte) (any, error) { v := new(T); return v, s.read(p, inPlace, v) },
		resolve: func(p []byte) (any, error) { v := new(L); return v, s.readLater(p, alone, v) },
		dynamic: func(p []byte) (any, error) { return s.readValue(p) },
		undo:    goavroMaps(s).undo,
	}
}

// handwrittenShared has the strings where concord's decoder has them by default.
func handwrittenShared[T, L any](s *shape[T, L]) codec {
	return codec{
		name:    "handwritten-shared",
		decode:  func(p []byte) (any, error) { v := new(T); return v, s.read(p, shared, v) },
		resolve: func(p []byte) (any, error) { v := new(L); return v, s.readLater(p, shared, v) },
	}
}
