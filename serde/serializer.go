package serde

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/concord-go/concord/internal/cow"
	"github.com/concord-go/concord/internal/flight"
	"github.com/concord-go/concord/registry"
)

// Serializer writes values of T in the wire format. It binds each field, a
// topic's key or value, once: to a subject, a writer schema and an encoder. It is
// safe for concurrent use.
type Serializer[T any] struct {
	reg    registry.Resolver
	format Format[T]
	cfg    serializerConfig
	isNil  func(T) bool // nil where T cannot be

	cases    map[reflect.Type]caseSerializer[T] // of a Sum; nil otherwise
	bindings cow.Map[Field, *binding[T]]
	binds    flight.Group[Field, *binding[T]]
}

// binding is what all records of a field have in common.
type binding[T any] struct {
	id      registry.SchemaID
	guid    registry.GUID
	subject registry.Subject
	prefix  []byte   // before the payload; empty with header framing
	headers []Header // to be added to the record; nil with prefix framing
	encoder Encoder[T]
}

// maxBindings bounds the fields kept bound, for programs that make up topics.
const maxBindings = 10_000

// NewSerializer makes a serializer of T that takes its writer schema from the
// registry: by default T's own schema, which must be registered. It asks nothing
// yet; [Serializer.Prepare] does.
func NewSerializer[T any](reg registry.Resolver, format Format[T], opts ...SerializerOption) (*Serializer[T], error) {
	if reg == nil || format == nil {
		return nil, errors.New("serde: a Serializer needs a registry and a format")
	}
	var cfg serializerConfig
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("serde: a nil SerializerOption was given")
		}
		if err := opt.applySerializer(&cfg); err != nil {
			return nil, err
		}
	}
	return newSerializer(reg, format, cfg)
}

func newSerializer[T any](reg registry.Resolver, format Format[T], cfg serializerConfig) (*Serializer[T], error) {
	s := &Serializer[T]{reg: reg, format: format, isNil: nilTest[T](), cfg: cfg}
	s.bindings.Max = maxBindings
	sum, isSum := format.(summed[T])
	if s.cfg.strategy == nil {
		s.cfg.strategy = TopicName
		if isSum {
			s.cfg.strategy = TopicRecordName
		}
	}
	if s.cfg.framing.header && s.cfg.choice.kind == chooseID {
		return nil, errors.New("serde: header framing names the schema by its GUID, which a schema chosen by id does not have")
	}
	// What is wrong with T itself shows now, and not with the first record. Rules
	// are looked for here too, because not every registry gives back those it was sent.
	def, err := format.Definition()
	if err == nil && def != nil && s.cfg.choice.own() && !s.cfg.rulesOff {
		err = checkRules(def.Schema.RuleSet, writingUnder)
	}
	if err != nil {
		return nil, fmt.Errorf("serde: the schema of %v: %w", reflect.TypeFor[T](), err)
	}
	if isSum {
		s.cases, err = sum.serializers(reg, s.cfg)
	}
	return s, err
}

// Prepare binds fields ahead of their first records, so that a program learns at
// its start that a schema is missing or does not fit.
func (s *Serializer[T]) Prepare(ctx context.Context, fields ...Field) error {
	if s.cases != nil {
		var errs []error
		for _, c := range s.cases {
			errs = append(errs, c.Prepare(ctx, fields...))
		}
		return errors.Join(errs...)
	}
	for _, field := range fields {
		if _, err := s.bind(ctx, field); err != nil {
			return err
		}
	}
	return nil
}

// AppendSerialize appends the framed v to dst. Data.Bytes is the extended dst;
// it is nil, and dst unused, where v is nil (a tombstone, which is never
// framed). Data.Headers are to be added to the record.
//
// The first call for a field asks the registry, which ctx bounds; later ones
// take neither a lock nor memory beyond dst. The error is an [*Error].
func (s *Serializer[T]) AppendSerialize(ctx context.Context, dst []byte, to Field, v T) (Data, error) {
	if s.isNil != nil && s.isNil(v) {
		return Data{}, nil
	}
	if s.cases != nil {
		c, ok := s.cases[reflect.TypeOf(v)]
		if !ok {
			err := fmt.Errorf("%w: a %T is %w", TypeMismatch, v, ErrNoCase)
			return Data{}, &Error{Op: "serialize", Field: to, Class: TypeMismatch, Err: err}
		}
		return c.appendCase(ctx, dst, to, v)
	}
	b, ok := s.bindings.Load(to)
	if !ok {
		var err error
		if b, err = s.bind(ctx, to); err != nil {
			return Data{}, err
		}
	}
	out, err := b.encoder.AppendEncode(append(dst, b.prefix...), v)
	if err != nil {
		return Data{}, &Error{Op: "serialize", Field: to, Subject: b.subject, SchemaID: b.id, GUID: b.guid, Class: ClassOf(err), Err: err}
	}
	if out == nil {
		out = []byte{} // an empty payload under header framing is a value
	}
	return Data{Bytes: out, Headers: b.headers}, nil
}

func (s *Serializer[T]) bind(ctx context.Context, field Field) (*binding[T], error) {
	if b, ok := s.bindings.Load(field); ok {
		return b, nil
	}
	b, err := s.binds.Do(ctx, field, func(ctx context.Context) (*binding[T], error) {
		// An earlier call may have ended between the look above and this one.
		if b, ok := s.bindings.Load(field); ok {
			return b, nil
		}
		e := &Error{Op: "serialize", Field: field}
		b, err := s.newBinding(ctx, field, e)
		if err != nil {
			e.Class, e.Err = ClassOf(err), err
			return nil, e
		}
		s.bindings.Store(field, b)
		return b, nil
	})
	if err != nil {
		if _, ok := err.(*Error); !ok { // this caller's own context ended
			err = &Error{Op: "serialize", Field: field, Class: ClassOf(err), Err: err}
		}
	}
	return b, err
}

// newBinding notes in e how far it came.
func (s *Serializer[T]) newBinding(ctx context.Context, field Field, e *Error) (*binding[T], error) {
	recordName, nameErr := s.format.RecordName()
	subject, err := s.cfg.strategy(field, recordName)
	switch {
	case err != nil && nameErr != nil:
		return nil, fmt.Errorf("naming the subject: %w (%w)", err, nameErr)
	case err != nil:
		return nil, fmt.Errorf("naming the subject: %w", err)
	case subject == "":
		return nil, errors.New("naming the subject: the strategy gave an empty one")
	}
	e.Subject = subject
	found, referenced, err := s.cfg.choice.find(ctx, s.reg, subject, s.format.Definition, s.cfg.normalize)
	if err != nil {
		return nil, err
	}
	e.SchemaID, e.GUID = found.ID, found.GUID
	if err := checkType(found.Type, s.format.SchemaType()); err != nil {
		return nil, err
	}
	if !s.cfg.rulesOff {
		if err := checkRules(found.RuleSet, writingUnder); err != nil {
			return nil, err
		}
	}
	if referenced == nil {
		if referenced, err = resolveReferences(ctx, s.reg, subject, found.Schema); err != nil {
			return nil, err
		}
	}
	encoder, err := s.format.NewEncoder(WriterSchema{Schema: found.Schema, ID: found.ID, GUID: found.GUID, Referenced: referenced})
	if err != nil {
		return nil, err
	}
	b := &binding[T]{id: found.ID, guid: found.GUID, subject: subject, encoder: encoder}
	frame := Frame{ID: found.ID}
	if m, ok := encoder.(MessageIndexer); ok {
		frame.MessageIndexes = m.MessageIndexes()
	}
	if !s.cfg.framing.header {
		b.prefix, err = AppendFrame(nil, frame)
		return b, err
	}
	if found.GUID.IsZero() {
		return nil, errors.New("header framing needs the schema's GUID, and this registry gave none; use PrefixFraming")
	}
	frame.GUID = found.GUID
	value, err := AppendFrame(nil, frame)
	b.headers = []Header{{Key: HeaderKey(field.Role), Value: value}}
	return b, err
}

// checkType compares schema languages; an absent type means Avro.
func checkType(writer, format registry.SchemaType) error {
	if writer == "" {
		writer = registry.Avro
	}
	if writer != format {
		return classf(Incompatible, "the writer schema is of type %s, this program's format is %s", writer, format)
	}
	return nil
}

// nilTest chooses once how to tell that a T is nil. The conversions in it stay
// on the stack.
func nilTest[T any]() func(T) bool {
	switch reflect.TypeFor[T]().Kind() {
	case reflect.Interface:
		return func(v T) bool { return any(v) == nil }
	case reflect.Pointer, reflect.Map, reflect.Slice:
		return func(v T) bool { return reflect.ValueOf(v).IsNil() }
	}
	return nil
}
