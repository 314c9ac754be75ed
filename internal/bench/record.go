package bench

import "github.com/google/go-cmp/cmp"

// shape is a record of the table: two schemas, the Go types that all codecs share,
// a value of each, and code by hand.
type shape[T, L any] struct {
	name string
	// schema is what the data is written with; later is what a later program reads it
	// as: a field added with a default, one removed, and an int that became a long.
	schema, later string
	recursive     bool // a type contains itself
	value         T
	laterValue    L  // what value is under the later schema
	short         *T // like value, for who tries every prefix; nil: value is short enough

	write     func([]byte, *T) ([]byte, error)
	read      func([]byte, strategy, *T) error
	readLater func([]byte, strategy, *L) error
	readValue func([]byte) (map[string]any, error) // goavro's form
}

// record is a shape without its types.
type record interface {
	Name() string
	// payload is the value as the hand-written code writes it, and so do Java and Go's
	// libraries: an array is one block without its size.
	payload() []byte
	shortPayload() []byte
	// codecs are made anew, with everything compiled.
	codecs() []codec
	// differs reports how a decoded value, a *T or *L of the shape, differs from the
	// shape's own; empty when it does not.
	differs(decoded any) string
	// reads is what the hand-written code reads from the bytes, for differs.
	reads(payload []byte) (any, error)
}

// records is the table's one side; codecs is the other.
func records() []record {
	return []record{eventRecord(), flatRecord(), wideRecord(), nestedRecord(), longsRecord(), unionsRecord()}
}

func (s *shape[T, L]) Name() string { return s.name }

func (s *shape[T, L]) payload() []byte { return must(s.write(nil, &s.value)) }

func (s *shape[T, L]) shortPayload() []byte {
	if s.short == nil {
		return s.payload()
	}
	return must(s.write(nil, s.short))
}

func (s *shape[T, L]) differs(decoded any) string {
	switch v := decoded.(type) {
	case *T:
		return cmp.Diff(&s.value, v)
	case *L:
		return cmp.Diff(&s.laterValue, v)
	}
	return "a value of another type"
}

func (s *shape[T, L]) reads(payload []byte) (any, error) {
	v := new(T)
	return v, s.read(payload, alone, v)
}
