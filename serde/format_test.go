package serde_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
	"github.com/concord-go/concord/serde/serdetest"
)

// plain is a format whose payload is the string itself. A schema whose text is
// "broken" cannot be compiled.
type plain struct {
	text     string
	imports  []*serde.Definition
	noSchema bool
	indexed  bool // of a type with message indexes
	rules    *registry.RuleSet
	compiled *atomic.Int64 // counts NewDecoder, if not nil
	seen     *serde.WriterSchema
}

func (f plain) SchemaType() registry.SchemaType {
	if f.indexed {
		return registry.Protobuf
	}
	return registry.Avro
}

func (f plain) RecordName() (string, error) {
	if f.text == "" {
		return "", errors.New("no record")
	}
	return "com.example." + f.text, nil
}

func (f plain) Definition() (*serde.Definition, error) {
	if f.noSchema {
		return nil, nil
	}
	return &serde.Definition{Schema: registry.Schema{Text: f.text, RuleSet: f.rules}, Imports: f.imports}, nil
}

func (f plain) NewEncoder(w serde.WriterSchema) (serde.Encoder[string], error) {
	if f.seen != nil {
		*f.seen = w
	}
	if w.Text == "broken" {
		return nil, fmt.Errorf("field a: %w", serde.TypeMismatch)
	}
	return plainCodec{}, nil
}

func (f plain) NewDecoder(w serde.WriterSchema) (serde.Decoder[string], error) {
	if f.compiled != nil {
		f.compiled.Add(1)
	}
	if f.seen != nil {
		*f.seen = w
	}
	if w.Text == "broken" {
		return nil, fmt.Errorf("field a: %w", serde.Incompatible)
	}
	return plainCodec{}, nil
}

type plainCodec struct{}

func (plainCodec) AppendEncode(dst []byte, v string) ([]byte, error) {
	if v == "unfit" {
		return dst, serde.TypeMismatch
	}
	return append(dst, v...), nil
}

func (plainCodec) Decode(payload []byte, v *string) error {
	*v = string(payload)
	return nil
}

func register(reg registry.Resolver, subject registry.Subject, texts ...string) (ids []registry.SchemaID) {
	for _, text := range texts {
		r, err := reg.Register(context.Background(), subject, registry.Schema{Text: text})
		if err != nil {
			panic(err)
		}
		ids = append(ids, r.ID)
	}
	return ids
}

// blocking is a registry in which one id, or everything, waits until it is released.
type blocking struct {
	*serdetest.Registry
	id      registry.SchemaID // 0: all ids
	release chan struct{}
	asked   chan struct{} // gets a token for each call that waits
}

func (b *blocking) SchemaByID(ctx context.Context, id registry.SchemaID) (registry.Schema, error) {
	if b.id == 0 || b.id == id {
		b.asked <- struct{}{}
		select {
		case <-b.release:
		case <-ctx.Done():
			return registry.Schema{}, ctx.Err()
		}
	}
	return b.Registry.SchemaByID(ctx, id)
}
