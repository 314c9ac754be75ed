package concord_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/serde"
)

type (
	pet interface{ isPet() }
	dog struct{ Name string }
	cat struct{ Name string }
	cow struct{}
)

func (dog) isPet()  {}
func (*cat) isPet() {}
func (cow) isPet()  {}

func TestARouterCallsTheHandlerOfTheValuesType(t *testing.T) {
	t.Parallel()
	var got []string
	router, err := concord.NewRouter(
		concord.On[pet](func(_ context.Context, m *concord.Message[string, dog]) error {
			got = append(got, "dog "+m.Value.Name+" "+m.Key)
			return nil
		}),
		concord.On[pet](func(_ context.Context, m *concord.Message[string, *cat]) error {
			got = append(got, "cat "+m.Value.Name+" "+m.Key)
			return nil
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for _, m := range []concord.Message[string, pet]{{Key: "1", Value: dog{"Rex"}}, {Key: "2", Value: &cat{"Tom"}}, {Key: "3" /* ignored */}} {
		if err := router.Handle(ctx, &m); err != nil {
			t.Error(err)
		}
	}
	if want := "[dog Rex 1 cat Tom 2]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
	for _, m := range []concord.Message[string, pet]{{Value: cow{}}, {Tombstone: true}} {
		if err := router.Handle(ctx, &m); !errors.Is(err, concord.ErrNoRoute) || !concord.IsPermanent(err) {
			t.Errorf("%+v: %v", m, err)
		}
	}
}

func TestARouterHandsEverythingOn(t *testing.T) {
	t.Parallel()
	partition := int32(9)
	m := concord.Message[string, pet]{
		Topic: "t", Key: "k", Value: dog{"Rex"}, NullKey: true, Headers: []concord.Header{{Key: "h"}}, ToPartition: &partition, Partition: 3, Offset: 4, RetryTopics: 5,
		KeyInfo: serde.Info{SchemaID: 6}, ValueInfo: serde.Info{SchemaID: 7},
	}
	var typed, other any
	router, err := concord.NewRouter(
		concord.On[pet](func(_ context.Context, m *concord.Message[string, dog]) error { typed = *m; return nil }),
		concord.Otherwise(func(_ context.Context, m *concord.Message[string, pet]) error { other = m; return nil }),
	)
	if err != nil {
		t.Fatal(err)
	}
	if err := router.Handle(context.Background(), &m); err != nil {
		t.Fatal(err)
	}
	want := concord.Message[string, dog]{
		Topic: "t", Key: "k", Value: dog{"Rex"}, NullKey: true, Headers: m.Headers, ToPartition: &partition, Partition: 3, Offset: 4, RetryTopics: 5, KeyInfo: m.KeyInfo, ValueInfo: m.ValueInfo,
	}
	if d := cmp.Diff(any(want), typed); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for _, m := range []*concord.Message[string, pet]{{Value: cow{}}, {Tombstone: true}} {
		if err := router.Handle(context.Background(), m); err != nil || other != m {
			t.Errorf("%+v does not come to Otherwise: %v", m, err)
		}
	}
}

func TestRoutersThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	onDog := concord.On[pet](func(context.Context, *concord.Message[string, dog]) error { return nil })
	otherwise := concord.Otherwise(func(context.Context, *concord.Message[string, pet]) error { return nil })
	for name, routes := range map[string][]concord.Route[string, pet]{
		"a type twice":      {onDog, onDog},
		"otherwise twice":   {otherwise, otherwise},
		"no handler":        {concord.On[pet, string, dog](nil)},
		"a type that is no": {concord.On[pet](func(context.Context, *concord.Message[string, cat]) error { return nil })},
	} {
		if _, err := concord.NewRouter(routes...); err == nil {
			t.Errorf("%s: it is made", name)
		}
	}
}
