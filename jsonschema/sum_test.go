package jsonschema_test

import (
	"context"
	"errors"
	"testing"

	"github.com/concord-go/concord/jsonschema"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
	"github.com/concord-go/concord/serde/serdetest"
)

type placed struct {
	Order string `json:"order"`
}

type shipped struct {
	Order   string `json:"order"`
	Carrier string `json:"carrier"`
}

func TestTheTitleChoosesTheCaseOfASum(t *testing.T) {
	t.Parallel()
	ctx, reg := context.Background(), new(serdetest.Registry)
	sum := serde.OneOf(serde.CaseOf[any](jsonschema.For[placed]()), serde.CaseOf[any](jsonschema.For[shipped]()))
	ser, err := serde.NewSerializer(reg, sum, serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		t.Fatal(err)
	}
	de, err := serde.NewDeserializer(reg, sum)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []any{placed{"1"}, shipped{"1", "c"}} {
		for range 2 { // the second time it is known
			data, err := ser.AppendSerialize(ctx, nil, serde.ValueOf("t"), want)
			if err != nil {
				t.Fatal(err)
			}
			var got any
			if _, err := de.Deserialize(ctx, serde.ValueOf("t"), data, &got); err != nil || got != want {
				t.Errorf("%#v is read as %#v, %v", want, got, err)
			}
		}
	}
	other, err := serde.NewSerializer(reg, jsonschema.For[flatEvent](), serde.WithWriterSchema(serde.AutoRegister()), serde.WithSubjectStrategy(serde.RecordName))
	if err != nil {
		t.Fatal(err)
	}
	data, err := other.AppendSerialize(ctx, nil, serde.ValueOf("t"), flatEvent{ID: "1"})
	if err != nil {
		t.Fatal(err)
	}
	var got any
	if _, err := de.Deserialize(ctx, serde.ValueOf("t"), data, &got); !errors.Is(err, serde.ErrNoCase) {
		t.Errorf("%v, %v: want that it is no case", got, err)
	}
}

// The record name of the subject strategies is the title.
func TestTheTitleIsTheRecordName(t *testing.T) {
	t.Parallel()
	ctx, reg := context.Background(), new(serdetest.Registry)
	ser, err := serde.NewSerializer(reg, jsonschema.For[placed](), serde.WithWriterSchema(serde.AutoRegister()), serde.WithSubjectStrategy(serde.TopicRecordName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ser.AppendSerialize(ctx, nil, serde.ValueOf("t"), placed{"1"}); err != nil {
		t.Fatal(err)
	}
	if _, err := reg.Version(ctx, "t-placed", registry.LatestVersion); err != nil {
		t.Errorf("subject t-placed: %v", err)
	}
	untitled, err := serde.NewSerializer(reg, jsonschema.Dynamic(`{"type":"object"}`), serde.WithWriterSchema(serde.AutoRegister()), serde.WithSubjectStrategy(serde.RecordName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := untitled.AppendSerialize(ctx, nil, serde.ValueOf("t"), map[string]any{}); serde.ClassOf(err) != serde.InvalidSchema {
		t.Errorf("a schema without a title: %v", err)
	}
}
