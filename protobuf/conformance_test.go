package protobuf_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/concord-go/concord/protobuf"
	"github.com/concord-go/concord/protobuf/internal/testpb"
	"github.com/concord-go/concord/serde/serdetest"
)

func sampleEvent() *testpb.UserEvent {
	return &testpb.UserEvent{
		UserId: "u-123", EventTime: &timestamppb.Timestamp{Seconds: 1727260800, Nanos: 5}, Kind: testpb.UserEvent_CLICK,
		Tags: []string{"a", ""}, Attributes: map[string]string{"k": "é"},
		Address: &testpb.Address{Street: "s", Country: &testpb.Country{Code: "DE"}}, Price: &testpb.Money{Cents: -5},
		Note: proto.String(""), Items: []*testpb.UserEvent_Item{{Sku: "x", Quantity: 3, Weight: 0.5}, {}},
		Origin: &testpb.UserEvent_Device{Device: "phone"},
	}
}

func equal[T proto.Message](a, b T) bool { return proto.Equal(a, b) }

func TestTheTypedFormatConforms(t *testing.T) {
	serdetest.Run(t, serdetest.Case[*testpb.UserEvent]{
		Format: protobuf.For[*testpb.UserEvent](), Values: []*testpb.UserEvent{sampleEvent(), {}},
		Refused: []*testpb.UserEvent{{UserId: "\xff"}, {Items: []*testpb.UserEvent_Item{{}, {Sku: "\xff"}}}},
		Equal:   equal[*testpb.UserEvent],
	})
}

// Maps are what the runtime itself allocates for.
func TestTheTypedFormatWithoutMapsConforms(t *testing.T) {
	event := sampleEvent()
	event.Attributes = nil
	serdetest.Run(t, serdetest.Case[*testpb.UserEvent]{
		Format: protobuf.For[*testpb.UserEvent](), Values: []*testpb.UserEvent{event},
		Equal: equal[*testpb.UserEvent], Deterministic: true, EncodesWithoutAllocating: true,
	})
}

func TestTheTypedFormatOfANestedMessageConforms(t *testing.T) {
	serdetest.Run(t, serdetest.Case[*testpb.Outer_Middle_Inner]{
		Format: protobuf.For[*testpb.Outer_Middle_Inner](protobuf.Deterministic(), protobuf.ReuseMessages()),
		Values: []*testpb.Outer_Middle_Inner{{Id: "i", Outer: &testpb.Outer{Counts: map[string]int32{"a": 1, "b": 2, "c": 3}}}, {}},
		Equal:  equal[*testpb.Outer_Middle_Inner], Deterministic: true,
	})
}

func TestTheTypedFormatOfProto2Conforms(t *testing.T) {
	serdetest.Run(t, serdetest.Case[*testpb.Order]{
		Format: protobuf.For[*testpb.Order](),
		Values: []*testpb.Order{
			{Id: proto.String("1"), Box: &testpb.Order_Box{Width: proto.Int32(1), Corner: []*testpb.Order_Box_Corner{{X: proto.Int32(-1)}}}, Packed: []int32{1, 300}},
			{Id: proto.String(""), Choice: &testpb.Order_Cash_{Cash: &testpb.Order_Cash{Cents: proto.Uint64(9)}}, Lines: map[int64]*testpb.Order_Line{-1: {Sku: proto.String("s")}}},
		},
		Refused: []*testpb.Order{{}, {Id: proto.String("1"), Lines: map[int64]*testpb.Order_Line{1: {}}}},
		Equal:   equal[*testpb.Order],
	})
}

func TestTheTypedFormatOfAnEditionConforms(t *testing.T) {
	serdetest.Run(t, serdetest.Case[*testpb.Edition]{
		Format: protobuf.For[*testpb.Edition](),
		Values: []*testpb.Edition{
			{Required: proto.String("r"), Explicit: proto.Int32(0), Expanded: []int32{1, 2}, Delimited: &testpb.Edition_Part{Id: "d"}, Closed: testpb.Closed_ONE.Enum()},
		},
		Refused: []*testpb.Edition{{}},
		Equal:   equal[*testpb.Edition],
	})
}

func TestTheDynamicFormatConforms(t *testing.T) {
	t.Parallel()
	format := protobuf.Dynamic(protobuf.WithSchema(`syntax = "proto3"; package acme; message Other { } message Event { string id = 1; repeated int32 codes = 2; map<string, Event> more = 3; }`),
		protobuf.WithMessage("acme.Event"), protobuf.Deterministic()) // dynamicpb's fields have no order otherwise
	message := func(text string) *dynamicpb.Message {
		m, err := format.New()
		if err != nil {
			t.Fatal(err)
		}
		fromJSON(t, text, m)
		return m.(*dynamicpb.Message)
	}
	serdetest.Run(t, serdetest.Case[*dynamicpb.Message]{
		Format: format, Values: []*dynamicpb.Message{message(`{"id":"x","codes":[1,2],"more":{"k":{"id":"y"}}}`), message(`{}`)},
		Equal: equal[*dynamicpb.Message], Deterministic: true,
	})
}
