package protobuf_test

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/concord-go/concord/protobuf"
	pb "github.com/concord-go/concord/protobuf/internal/testpb"
	"github.com/concord-go/concord/serde"
	"github.com/concord-go/concord/serde/serdetest"
)

func TestTheMessagesNameChoosesTheCaseOfASum(t *testing.T) {
	t.Parallel()
	ctx, reg := context.Background(), new(serdetest.Registry)
	sum := serde.OneOf(serde.CaseOf[proto.Message](protobuf.For[*pb.UserEvent]()), serde.CaseOf[proto.Message](protobuf.For[*pb.Tree]()))
	ser, err := serde.NewSerializer(reg, sum, serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		t.Fatal(err)
	}
	de, err := serde.NewDeserializer(reg, sum)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []proto.Message{&pb.UserEvent{}, &pb.Tree{}} {
		for range 2 { // the second time it is known
			data, err := ser.AppendSerialize(ctx, nil, serde.ValueOf("t"), want)
			if err != nil {
				t.Fatal(err)
			}
			var got proto.Message
			if _, err := de.Deserialize(ctx, serde.ValueOf("t"), data, &got); err != nil || !proto.Equal(want, got) {
				t.Errorf("%T is read as %T, %v", want, got, err)
			}
		}
	}
	other, err := serde.NewSerializer(reg, protobuf.For[*pb.Fast](), serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		t.Fatal(err)
	}
	data, err := other.AppendSerialize(ctx, nil, serde.ValueOf("t"), &pb.Fast{Id: "1"})
	if err != nil {
		t.Fatal(err)
	}
	var got proto.Message
	if _, err := de.Deserialize(ctx, serde.ValueOf("t"), data, &got); !errors.Is(err, serde.ErrNoCase) {
		t.Errorf("%v, %v: want that it is no case", got, err)
	}
}
