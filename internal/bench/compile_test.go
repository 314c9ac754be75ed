package bench

import (
	"testing"

	twmb "github.com/twmb/avro"

	"github.com/concord-go/concord/avro"
)

// compiling is what a codec does for a new writer schema before the first datum: from the
// schema's text, and from the parsed schema.
type compiling struct {
	name string
	run  func() (any, error)
}

func (s *shape[T, L]) compilings() []compiling {
	writer, reader := avro.MustParse(s.schema), avro.MustParse(s.later)
	twmbWriter, twmbReader := must(twmb.Parse(s.schema)), must(twmb.Parse(s.later))
	payload := s.payload()
	return []compiling{
		// the bar: a plan for a (writer, reader, T) from parsed schemas
		{"concord", func() (any, error) { return avro.NewDecoder[L](writer, reader, avro.PlainUnions()) }},
		{"concord-encoder", func() (any, error) { return avro.NewEncoder[T](writer) }},
		// what twmb does with the first datum belongs to it
		{"twmb", func() (any, error) {
			resolved, err := twmb.Resolve(twmbWriter, twmbReader)
			if err != nil {
				return nil, err
			}
			v := new(L)
			_, err = resolved.Decode(payload, v)
			return v, err
		}},
		{"concord-parse", func() (any, error) { return avro.Parse(s.schema) }},
		{"twmb-parse", func() (any, error) { return twmb.Parse(s.schema) }},
	}
}

func BenchmarkCompile(b *testing.B) {
	for _, r := range records() {
		b.Run(r.Name(), func(b *testing.B) {
			for _, c := range r.(interface{ compilings() []compiling }).compilings() {
				measure(b, c.name, c.run)
			}
		})
	}
}
