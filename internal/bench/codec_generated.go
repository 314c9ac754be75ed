package bench

import (
	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/internal/bench/generated"
)

// generatedType is what a pointer to a type that concord gen avro made has.
type generatedType[G any] interface {
	*G
	AppendAvro(dst []byte) ([]byte, error)
	DecodeAvro(payload []byte) error
	AvroSchema() string
}

// concordGenerated is what concord gen avro made of the shape's schema. Its types are
// its own: unions of several types are interfaces, and enums Go types.
func concordGenerated[T, L any](s *shape[T, L]) codec {
	switch s.name {
	case "UserEvent":
		return generatedCodec[generated.UserEvent](s)
	case "Flat":
		return generatedCodec[generated.Measurement](s)
	case "Wide":
		return generatedCodec[generated.Wide](s)
	case "Nested":
		return generatedCodec[generated.Company](s)
	case "Longs":
		return generatedCodec[generated.Series](s)
	}
	return generatedCodec[generated.Observation](s)
}

func generatedCodec[G any, P generatedType[G], T, L any](s *shape[T, L]) codec {
	schema := avro.MustParse(s.schema)
	value := P(new(G))
	if err := value.DecodeAvro(s.payload()); err != nil {
		panic(err)
	}
	inPlace := must(avro.NewDecoder[G](schema, nil, avro.StringsInPayload()))
	reuse := must(avro.NewDecoder[G](schema, nil, avro.StringsInPayload(), avro.ReuseMemory()))
	buffer, kept := make([]byte, 0, room), new(G)
	return codec{
		name:    "concord-generated",
		encode:  func() ([]byte, error) { return value.AppendAvro(buffer) },
		decode:  func(p []byte) (any, error) { v := new(G); return v, P(v).DecodeAvro(p) },
		inPlace: func(p []byte) (any, error) { v := new(G); return v, inPlace.Decode(p, v) },
		reuse:   func(p []byte) (any, error) { return kept, reuse.Decode(p, kept) },
		shared: func(v any) any {
			shared := new(T)
			if err := s.read(must(v.(P).AppendAvro(nil)), alone, shared); err != nil {
				panic(err)
			}
			return shared
		},
	}
}
