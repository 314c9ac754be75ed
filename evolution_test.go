//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/internal/devstack"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

// evolution is one change between two versions of a schema. old and new are the
// fields of the record in JSON; the values are what is written under each, and
// what a reader built for the other version sees of it.
type evolution struct {
	name               string
	old, new           string
	wroteOld, newSees  map[string]any
	wroteNew, oldSees  map[string]any
	oldReaderTakesLong bool // Avro promotes int to long in one direction only
}

var evolutions = []evolution{
	{
		name:     "a field added with a default",
		old:      `{"name":"a","type":"string"}`,
		new:      `{"name":"a","type":"string"},{"name":"b","type":"string","default":"none"}`,
		wroteOld: map[string]any{"a": "x"}, newSees: map[string]any{"a": "x", "b": "none"},
		wroteNew: map[string]any{"a": "y", "b": "z"}, oldSees: map[string]any{"a": "y"},
	},
	{
		name:     "an int promoted to long",
		old:      `{"name":"n","type":"int"}`,
		new:      `{"name":"n","type":"long"}`,
		wroteOld: map[string]any{"n": int32(-5)}, newSees: map[string]any{"n": int64(-5)},
		wroteNew: map[string]any{"n": int64(7)}, oldSees: map[string]any{"n": int32(7)},
		oldReaderTakesLong: true,
	},
	{
		name:     "a field removed",
		old:      `{"name":"a","type":"string"},{"name":"b","type":"int","default":-1}`,
		new:      `{"name":"a","type":"string"}`,
		wroteOld: map[string]any{"a": "x", "b": int32(3)}, newSees: map[string]any{"a": "x"},
		wroteNew: map[string]any{"a": "y"}, oldSees: map[string]any{"a": "y", "b": int32(-1)},
	},
	{
		name:     "a field renamed through an alias",
		old:      `{"name":"ip","type":"string","default":""}`,
		new:      `{"name":"address","aliases":["ip"],"type":"string","default":""}`,
		wroteOld: map[string]any{"ip": "192.0.2.1"}, newSees: map[string]any{"address": "192.0.2.1"},
		wroteNew: map[string]any{"address": "192.0.2.2"}, oldSees: map[string]any{"ip": ""},
	},
	{
		name:     "an enum that gained a symbol",
		old:      `{"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"],"default":"A"}}`,
		new:      `{"name":"e","type":{"type":"enum","name":"E","symbols":["A","B","C"],"default":"A"}}`,
		wroteOld: map[string]any{"e": "B"}, newSees: map[string]any{"e": "B"},
		wroteNew: map[string]any{"e": "C"}, oldSees: map[string]any{"e": "A"},
	},
	{
		name:     "a nested record that evolved",
		old:      `{"name":"r","type":{"type":"record","name":"N","fields":[{"name":"n","type":"int"},{"name":"gone","type":"string","default":"g"}]}}`,
		new:      `{"name":"r","type":{"type":"record","name":"N","fields":[{"name":"n","type":"long"},{"name":"came","type":"boolean","default":true}]}}`,
		wroteOld: map[string]any{"r": map[string]any{"n": int32(1), "gone": "o"}}, newSees: map[string]any{"r": map[string]any{"n": int64(1), "came": true}},
		wroteNew: map[string]any{"r": map[string]any{"n": int64(2), "came": false}}, oldSees: map[string]any{"r": map[string]any{"n": int32(2), "gone": "g"}},
		oldReaderTakesLong: true,
	},
	{
		name:     "an array of records that evolved",
		old:      `{"name":"s","type":{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"colour","type":"string","default":""}]}}}`,
		new:      `{"name":"s","type":{"type":"array","items":{"type":"record","name":"I","fields":[{"name":"color","aliases":["colour"],"type":"string","default":""},{"name":"n","type":"long","default":1}]}}}`,
		wroteOld: map[string]any{"s": []any{map[string]any{"colour": "red"}, map[string]any{"colour": "blue"}}},
		newSees:  map[string]any{"s": []any{map[string]any{"color": "red", "n": int64(1)}, map[string]any{"color": "blue", "n": int64(1)}}},
		wroteNew: map[string]any{"s": []any{map[string]any{"color": "green", "n": int64(5)}}},
		oldSees:  map[string]any{"s": []any{map[string]any{"colour": ""}}},
	},
}

func startStack(t *testing.T) (*devstack.Stack, *registry.Client) {
	t.Helper()
	stack, err := devstack.Start(devstack.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stack.Close(context.Background()) })
	reg, err := registry.NewClient(stack.RegistryURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reg.Close(context.Background()) })
	return stack, reg
}

func recordOf(fields string) string {
	return fmt.Sprintf(`{"type":"record","name":"Event","namespace":"com.example","fields":[%s]}`, fields)
}

// Over TCP, through broker and registry: old and new programs write, and both
// read what both wrote.
func TestOldAndNewProgramsReadEachOther(t *testing.T) {
	t.Parallel()
	stack, reg := startStack(t)
	for i, e := range evolutions {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			ctx := testContext(t)
			topic := fmt.Sprintf("events-%d", i)
			write := func(schema string, v map[string]any) {
				t.Helper()
				if _, err := reg.Register(ctx, registry.Subject(topic+"-value"), registry.Schema{Text: schema}); err != nil {
					t.Fatal(err)
				}
				values, err := serde.NewSerializer(reg, avro.Dynamic(schema))
				if err != nil {
					t.Fatal(err)
				}
				p := newProducer(t, stack.Bootstrap(), concord.String(), values)
				if _, err := p.Produce(ctx, concord.Message[string, map[string]any]{Topic: topic, Key: "k", Value: v}); err != nil {
					t.Fatal(err)
				}
			}
			write(recordOf(e.old), e.wroteOld)
			write(recordOf(e.new), e.wroteNew)

			read := func(group, schema string, want ...map[string]any) {
				t.Helper()
				var opts []avro.FormatOption
				if e.oldReaderTakesLong && group == "old" {
					opts = append(opts, avro.AllowNarrowing())
				}
				values, err := serde.NewDeserializer(reg, avro.Dynamic(schema, opts...))
				if err != nil {
					t.Fatal(err)
				}
				c := newConsumer(t, stack.Bootstrap(), topic+group, concord.String(), values)
				var got []map[string]any
				for m, err := range c.Messages(ctx, topic) {
					if err != nil {
						t.Fatal(err)
					}
					if got = append(got, m.Value); len(got) == 2 {
						break
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("the %s program reads -want +got:\n%s", group, diff)
				}
			}
			read("new", recordOf(e.new), e.newSees, e.wroteNew)
			read("old", recordOf(e.old), e.wroteOld, e.oldSees)
		})
	}
}

func TestAnOldProgramSaysWhichPromotionItCannotRead(t *testing.T) {
	t.Parallel()
	stack, reg := startStack(t)
	ctx := testContext(t)
	old, changed := recordOf(`{"name":"n","type":"int"}`), recordOf(`{"name":"n","type":"long"}`)
	values, err := serde.NewSerializer(reg, avro.Dynamic(changed), serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		t.Fatal(err)
	}
	p := newProducer(t, stack.Bootstrap(), concord.String(), values)
	if _, err := p.Produce(ctx, concord.Message[string, map[string]any]{Topic: "t", Value: map[string]any{"n": 1}}); err != nil {
		t.Fatal(err)
	}
	reader, err := serde.NewDeserializer(reg, avro.Dynamic(old))
	if err != nil {
		t.Fatal(err)
	}
	c := newConsumer(t, stack.Bootstrap(), "g", concord.String(), reader)
	err = c.Run(ctx, []string{"t"}, func(context.Context, *concord.Message[string, map[string]any]) error { return nil })
	var re *concord.RecordError
	if !errors.As(err, &re) || !errors.Is(err, serde.Incompatible) || re.SchemaID != 1 || !strings.Contains(err.Error(), "/fields/0") {
		t.Fatalf("got %v, want an incompatibility that says where", err)
	}
}

func TestAnIncompatibleSchemaIsRefusedWithItsReasons(t *testing.T) {
	t.Parallel()
	_, reg := startStack(t)
	ctx := testContext(t)
	if _, err := reg.Register(ctx, "t-value", registry.Schema{Text: recordOf(`{"name":"a","type":"string"}`)}); err != nil {
		t.Fatal(err)
	}
	_, err := reg.Register(ctx, "t-value", registry.Schema{Text: recordOf(`{"name":"a","type":"string"},{"name":"b","type":"int"}`)})
	var e *registry.Error
	if !errors.As(err, &e) || !errors.Is(err, registry.ErrIncompatible) || e.Status != 409 {
		t.Fatalf("got %v, want 409", err)
	}
	for _, want := range []string{"READER_FIELD_MISSING_DEFAULT_VALUE", "/fields/1"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %s: %v", want, err)
		}
	}
	// A serializer that registers by itself says the same.
	s, err := serde.NewSerializer(reg, avro.Dynamic(recordOf(`{"name":"a","type":"int"}`)), serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Prepare(ctx, serde.ValueOf("t")); !errors.Is(err, serde.Incompatible) || !strings.Contains(err.Error(), "TYPE_MISMATCH") {
		t.Errorf("got %v", err)
	}
}
