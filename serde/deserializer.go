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

// Deserializer reads values of T in the wire format, written under whatever
// schema: each is resolved to T's own and compiled once. It is safe for
// concurrent use.
type Deserializer[T any] struct {
	src     registry.Source
	format  Format[T]
	cfg     deserializerConfig
	indexed bool // the format has message indexes

	byID    cow.Map[registry.SchemaID, *compiled[T]] // with the path [0] or none: nearly every record
	byGUID  cow.Map[registry.GUID, *compiled[T]]     // likewise
	byFrame cow.Map[frameRef, *compiled[T]]          // with another path
	loads   flight.Group[frameRef, *compiled[T]]
}

// compiled is a decoder, or why there can be none: both schemas never change, so
// neither does that.
type compiled[T any] struct {
	decoder Decoder[T]
	given   GivenDecoder[T] // the same; nil where it is none
	err     error
}

func (c *compiled[T]) decode(payload []byte, given bool, v *T) error {
	if given && c.given != nil {
		return c.given.DecodeGiven(payload, v)
	}
	return c.decoder.Decode(payload, v)
}

// NewDeserializer makes a deserializer of T that takes writer schemas from the
// registry. It asks nothing yet.
func NewDeserializer[T any](src registry.Source, format Format[T], opts ...DeserializerOption) (*Deserializer[T], error) {
	if src == nil || format == nil {
		return nil, errors.New("serde: a Deserializer needs a registry and a format")
	}
	d := &Deserializer[T]{src: src, format: format, cfg: deserializerConfig{decoders: 1000}, indexed: format.SchemaType() == registry.Protobuf}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("serde: a nil DeserializerOption was given")
		}
		if err := opt.applyDeserializer(&d.cfg); err != nil {
			return nil, err
		}
	}
	d.byID.Max, d.byGUID.Max, d.byFrame.Max = d.cfg.decoders, d.cfg.decoders, d.cfg.decoders
	def, err := format.Definition()
	if err == nil && def != nil && !d.cfg.rulesOff {
		err = checkRules(def.Schema.RuleSet, readingInto)
	}
	if err != nil {
		return nil, fmt.Errorf("serde: the schema of %v: %w", reflect.TypeFor[T](), err)
	}
	return d, nil
}

// Deserialize reads all of data into *v. A tombstone sets *v to T's zero value
// and Info.Tombstone. Info tells what is known of the writer schema also when
// there is an error, which is an [*Error]; *v is then unspecified, but safe to use.
//
// The first record of a schema asks the registry, which ctx bounds; records of
// schemas already known never wait for that. No part of data is kept, unless it is given
// away (Data.Given).
func (d *Deserializer[T]) Deserialize(ctx context.Context, from Field, data Data, v *T) (Info, error) {
	if data.Bytes == nil {
		var zero T
		*v = zero
		return Info{Tombstone: true}, nil
	}
	if id, payload, ok := commonFrame(d.indexed, from.Role, data); ok {
		if c, ok := d.byID.Load(id); ok && c.err == nil {
			info := Info{SchemaID: id}
			if err := c.decode(payload, data.Given, v); err != nil {
				return info, d.error(from, frameRef{id: id}, err)
			}
			return info, nil
		}
	}
	ref, payload, err := parseFrame(d.indexed, from.Role, data)
	if err != nil {
		return Info{}, d.error(from, ref, err)
	}
	info := Info{SchemaID: ref.id, GUID: ref.guid}
	c, ok := d.known(ref)
	if !ok {
		if c, err = d.load(ctx, ref); err != nil {
			return info, d.error(from, ref, err)
		}
	}
	if c.err != nil {
		return info, d.error(from, ref, c.err)
	}
	if err := c.decode(payload, data.Given, v); err != nil {
		return info, d.error(from, ref, err)
	}
	return info, nil
}

func (d *Deserializer[T]) error(from Field, ref frameRef, err error) error {
	return &Error{Op: "deserialize", Field: from, SchemaID: ref.id, GUID: ref.guid, Class: ClassOf(err), Err: err}
}

// load makes the decoder for a writer schema that is met for the first time.
func (d *Deserializer[T]) load(ctx context.Context, ref frameRef) (*compiled[T], error) {
	return d.loads.Do(ctx, ref, func(ctx context.Context) (*compiled[T], error) {
		if c, ok := d.known(ref); ok {
			return c, nil
		}
		writer, err := d.writer(ctx, ref)
		if err != nil && !ownVerdict(err) {
			return nil, err // another time the registry may answer otherwise
		}
		c := &compiled[T]{err: err}
		if c.err == nil {
			c.err = checkType(writer.Type, d.format.SchemaType())
		}
		if c.err == nil && !d.cfg.rulesOff {
			c.err = checkRules(writer.RuleSet, readingFrom)
		}
		if c.err == nil {
			c.decoder, c.err = d.format.NewDecoder(writer)
			c.given, _ = c.decoder.(GivenDecoder[T])
		}
		switch {
		case !ref.path.first():
			d.byFrame.Store(ref, c)
		case ref.id != 0:
			d.byID.Store(ref.id, c)
		default:
			d.byGUID.Store(ref.guid, c)
		}
		return c, nil
	})
}

func (d *Deserializer[T]) known(ref frameRef) (*compiled[T], bool) {
	switch {
	case !ref.path.first():
		return d.byFrame.Load(ref)
	case ref.id != 0:
		return d.byID.Load(ref.id)
	}
	return d.byGUID.Load(ref.guid)
}

// writer fetches the writer schema and all it refers to.
func (d *Deserializer[T]) writer(ctx context.Context, ref frameRef) (WriterSchema, error) {
	w := WriterSchema{ID: ref.id, GUID: ref.guid, MessageIndexes: ref.path.indexes()}
	var err error
	if ref.id != 0 {
		w.Schema, err = d.src.SchemaByID(ctx, ref.id)
	} else {
		w.Schema, err = d.src.SchemaByGUID(ctx, ref.guid)
	}
	if err != nil {
		return w, fromRegistry(err, UnknownSchema, "is this the registry that the record's producer uses?", "fetching the writer schema")
	}
	w.Referenced, err = resolveReferences(ctx, d.src, "", w.Schema)
	return w, err
}
