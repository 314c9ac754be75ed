package serde

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/concord-go/concord/registry"
)

// ErrNoCase is what errors.Is finds where a record's writer schema, or a value's type, is none of a
// [Sum]'s cases.
var ErrNoCase = errors.New("none of the sum's cases")

// Match says how well a writer schema fits a reader by name.
type Match uint8

// The matches.
const (
	NoMatch    Match = iota // another record
	LooseMatch              // perhaps: the names differ in their namespaces only, or there is none
	ExactMatch              // the reader's own name, or one of its aliases
)

// Matcher is an upgrade of [Format] for [Sum]: MatchWriter compares the name of the writer schema's
// record or message with T's. Without it a sum takes the first case that can read the writer schema.
type Matcher interface {
	MatchWriter(writer WriterSchema) (Match, error)
}

// Sum is a [Format] for several types of records, as [OneOf] makes it.
type Sum[E any] struct {
	cases  []Case[E]
	ignore bool // records that are of no case
	err    error
}

// OneOf is the format of values of E, an interface, that are of one of several types, each with a format of
// its own: for topics with several kinds of events.
//
//	type Event interface{ isEvent() }
//
//	serde.NewDeserializer(reg, serde.OneOf(
//		serde.CaseOf[Event](avro.For[OrderPlaced]()),
//		serde.CaseOf[Event](avro.For[*OrderShipped]()),
//	))
//
// On reading, the writer schema's name chooses the case: the Avro record's full name or an alias of the
// reader's, the Protobuf message's, the title of a JSON Schema. Of several cases of one name, two
// versions of an event that do not resolve to each other, say, it is the first that can read the
// writer schema. Another record is an error of class [Incompatible] that is [ErrNoCase];
// see [Sum.IgnoringOthers].
//
// On writing, the value's type chooses it. Subjects are named by [TopicRecordName] unless
// [WithSubjectStrategy] says otherwise. nil is a tombstone.
//
// What is wrong with the cases, a type given twice or one that is no E, is an error of
// [NewSerializer] and [NewDeserializer].
func OneOf[E any](cases ...Case[E]) *Sum[E] {
	s := &Sum[E]{cases: cases}
	if reflect.TypeFor[E]().Kind() != reflect.Interface {
		s.err = fmt.Errorf("serde: OneOf needs an interface, and %v is none", reflect.TypeFor[E]())
	}
	if len(cases) == 0 {
		s.err = errors.Join(s.err, errors.New("serde: OneOf needs a case"))
	}
	seen := make(map[reflect.Type]bool)
	for _, c := range cases {
		switch {
		case c.inner == nil:
			s.err = errors.Join(s.err, errors.New("serde: a zero Case: make it with CaseOf, with a format"))
			continue
		case seen[c.inner.typ()]:
			s.err = errors.Join(s.err, fmt.Errorf("serde: %v stands twice in a sum", c.inner.typ()))
		case !c.inner.isCase():
			s.err = errors.Join(s.err, fmt.Errorf("serde: %v is no %v: it lacks a method of it", c.inner.typ(), reflect.TypeFor[E]()))
		case c.inner.schemaType() != cases[0].inner.schemaType():
			s.err = errors.Join(s.err, errors.New("serde: the cases of a sum have formats of one schema language"))
		}
		seen[c.inner.typ()] = true
	}
	return s
}

// IgnoringOthers reads records that are of no case as a nil E, without looking at their payload, where
// Info.Tombstone is not set: for consumers that want some of a topic's events.
func (s *Sum[E]) IgnoringOthers() *Sum[E] {
	ignoring := *s
	ignoring.ignore = true
	return &ignoring
}

// SchemaType is that of the cases.
func (s *Sum[E]) SchemaType() registry.SchemaType {
	if len(s.cases) == 0 || s.cases[0].inner == nil {
		return registry.Avro
	}
	return s.cases[0].inner.schemaType()
}

// Definition is nil, since each case has its own, or what is wrong with one.
func (s *Sum[E]) Definition() (*Definition, error) {
	if s.err != nil {
		return nil, s.err
	}
	for _, c := range s.cases {
		if _, err := c.inner.definition(); err != nil {
			return nil, fmt.Errorf("serde: the case %v: %w", c.inner.typ(), err)
		}
	}
	return nil, nil
}

// RecordName is an error: each case has its own.
func (s *Sum[E]) RecordName() (string, error) {
	return "", errors.New("serde: a sum has no record name: its cases have")
}

// NewEncoder is an error: a [Serializer] asks the cases.
func (s *Sum[E]) NewEncoder(WriterSchema) (Encoder[E], error) {
	return nil, errors.New("serde: a sum does not encode: its cases do")
}

// NewDecoder is that of the case which the writer schema is of.
func (s *Sum[E]) NewDecoder(writer WriterSchema) (Decoder[E], error) {
	var tried []error
	for _, level := range []Match{ExactMatch, LooseMatch} {
		for _, c := range s.cases {
			m, err := c.inner.match(writer)
			switch {
			case err != nil:
				return nil, err
			case m != level:
				continue
			}
			d, err := c.inner.newDecoder(writer)
			if err == nil {
				return d, nil
			}
			tried = append(tried, fmt.Errorf("as %v: %w", c.inner.typ(), err))
		}
		if len(tried) > 0 {
			break // its name is that of these: others with a similar one are not meant
		}
	}
	switch {
	case len(tried) > 0 && !s.allGuesses():
		return nil, errors.Join(tried...)
	case s.ignore:
		return ignoring[E]{}, nil
	}
	names := make([]string, len(s.cases))
	for i, c := range s.cases {
		names[i] = c.inner.typ().String()
	}
	return nil, fmt.Errorf("%w: the record is %w, which are %s; add a case for it, or see serde.Sum.IgnoringOthers", Incompatible, ErrNoCase, strings.Join(names, ", "))
}

// allGuesses reports whether no case can tell by a name that it is meant.
func (s *Sum[E]) allGuesses() bool {
	for _, c := range s.cases {
		if c.inner.matches() {
			return false
		}
	}
	return true
}

// ignoring decodes nothing.
type ignoring[E any] struct{}

func (ignoring[E]) Decode(_ []byte, v *E) error {
	var none E
	*v = none
	return nil
}

// Case is one of the types of a [Sum]; see [CaseOf].
type Case[E any] struct{ inner sumCase[E] }

// sumCase is a case without its type.
type sumCase[E any] interface {
	typ() reflect.Type
	isCase() bool
	schemaType() registry.SchemaType
	definition() (*Definition, error)
	matches() bool
	match(WriterSchema) (Match, error)
	newDecoder(WriterSchema) (Decoder[E], error)
	subject(Field) preparedSubject
	newSerializer(registry.Resolver, serializerConfig) (caseSerializer[E], error)
}

// CaseOf is the case of values of type T, which must be an E, with their format.
func CaseOf[E, T any](format Format[T]) Case[E] {
	if format == nil {
		return Case[E]{}
	}
	return Case[E]{typedCase[E, T]{format}}
}

type typedCase[E, T any] struct{ format Format[T] }

func (c typedCase[E, T]) typ() reflect.Type                { return reflect.TypeFor[T]() }
func (c typedCase[E, T]) schemaType() registry.SchemaType  { return c.format.SchemaType() }
func (c typedCase[E, T]) definition() (*Definition, error) { return c.format.Definition() }

func (c typedCase[E, T]) isCase() bool {
	e := reflect.TypeFor[E]()
	return e.Kind() == reflect.Interface && reflect.TypeFor[T]().Kind() != reflect.Interface && reflect.TypeFor[T]().Implements(e)
}

func (c typedCase[E, T]) matches() bool {
	_, ok := c.format.(Matcher)
	return ok
}

func (c typedCase[E, T]) match(writer WriterSchema) (Match, error) {
	if m, ok := c.format.(Matcher); ok {
		return m.MatchWriter(writer)
	}
	return LooseMatch, nil
}

func (c typedCase[E, T]) newDecoder(writer WriterSchema) (Decoder[E], error) {
	d, err := c.format.NewDecoder(writer)
	if err != nil {
		return nil, err
	}
	given, _ := d.(GivenDecoder[T])
	return &caseDecoder[E, T]{inner: compiled[T]{decoder: d, given: given}, pool: sync.Pool{New: func() any { return new(T) }}}, nil
}

// caseDecoder decodes a T, and makes an E of it: the value is copied into the interface, which is the one
// allocation that a sum costs.
type caseDecoder[E, T any] struct {
	inner compiled[T]
	pool  sync.Pool // of *T
}

func (d *caseDecoder[E, T]) Decode(payload []byte, v *E) error { return d.decode(payload, false, v) }

func (d *caseDecoder[E, T]) DecodeGiven(payload []byte, v *E) error {
	return d.decode(payload, true, v)
}

func (d *caseDecoder[E, T]) decode(payload []byte, given bool, v *E) error {
	t := d.pool.Get().(*T)
	err := d.inner.decode(payload, given, t)
	if err == nil {
		*v = any(*t).(E)
	}
	var zero T
	*t = zero
	d.pool.Put(t)
	return err
}

// caseSerializer writes those values of E that are of one type.
type caseSerializer[E any] interface {
	Prepare(ctx context.Context, fields ...Field) error
	appendCase(ctx context.Context, dst []byte, to Field, v E) (Data, error)
}

type typedCaseSerializer[E, T any] struct{ *Serializer[T] }

func (c typedCase[E, T]) newSerializer(reg registry.Resolver, cfg serializerConfig) (caseSerializer[E], error) {
	s, err := newSerializer(reg, c.format, cfg)
	if err != nil {
		return nil, err
	}
	return typedCaseSerializer[E, T]{s}, nil
}

func (s typedCaseSerializer[E, T]) appendCase(ctx context.Context, dst []byte, to Field, v E) (Data, error) {
	return s.AppendSerialize(ctx, dst, to, any(v).(T))
}

// serializers are those of the cases, by type.
func (s *Sum[E]) serializers(reg registry.Resolver, cfg serializerConfig) (map[reflect.Type]caseSerializer[E], error) {
	if s.err != nil {
		return nil, s.err
	}
	byType := make(map[reflect.Type]caseSerializer[E], len(s.cases))
	for _, c := range s.cases {
		inner, err := c.inner.newSerializer(reg, cfg)
		if err != nil {
			return nil, err
		}
		byType[c.inner.typ()] = inner
	}
	return byType, nil
}

// summed is a format whose cases write.
type summed[E any] interface {
	serializers(registry.Resolver, serializerConfig) (map[reflect.Type]caseSerializer[E], error)
}
