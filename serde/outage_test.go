package serde_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
	"github.com/concord-go/concord/serde"
)

type outageEvent struct {
	N int64 `avro:"n"`
}

// The same promises as with a double, through HTTP: what is known is read while
// the registry hangs, and a flood of one unknown id is one request.
func TestARegistryThatHangsDelaysOnlyWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	const byID = registrytest.Route("GET /schemas/ids/{id}")
	srv := registrytest.New(t)
	known := srv.Register("a-value", registry.Schema{Text: `{"type":"record","name":"outageEvent","fields":[{"name":"n","type":"long"}]}`})
	other := srv.Register("b-value", registry.Schema{Text: `{"type":"record","name":"outageEvent","fields":[{"name":"n","type":"int"}]}`})
	client, err := registry.NewClient(srv.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(context.Background())
	de, err := serde.NewDeserializer(client, avro.For[outageEvent]())
	if err != nil {
		t.Fatal(err)
	}
	read := func(ctx context.Context, id registry.SchemaID) error {
		var e outageEvent
		_, err := de.Deserialize(ctx, serde.ValueOf("a"), framed(id, "\x02"), &e)
		if err == nil && e.N != 1 {
			err = errors.New("another value")
		}
		return err
	}
	if err := read(ctx, known.ID); err != nil {
		t.Fatal(err)
	}

	remove := srv.Inject(byID, registrytest.Hang())
	waiting := make(chan error, 1)
	go func() { waiting <- read(ctx, other.ID) }()
	for srv.Calls(byID) < 2 {
		time.Sleep(time.Millisecond)
	}
	for range 1000 {
		if err := read(ctx, known.ID); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case err := <-waiting:
		t.Fatalf("the registry hangs, yet the other record came to an end: %v", err)
	default:
	}
	remove()
	if err := <-waiting; err != nil {
		t.Error(err)
	}

	before := srv.Calls(byID)
	for range 1000 {
		if err := read(ctx, 4711); !errors.Is(err, serde.UnknownSchema) {
			t.Fatalf("got %v", err)
		}
	}
	if n := srv.Calls(byID) - before; n != 1 {
		t.Errorf("%d requests for one unknown id, want 1", n)
	}
}

// A subject in a schema context has its imports there too.
func TestImportsOfAContextThroughHTTP(t *testing.T) {
	t.Parallel()
	srv := registrytest.New(t)
	client, err := registry.NewClient(srv.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(context.Background())
	leaf := &serde.Definition{Name: "Leaf", Schema: registry.Schema{Text: `{"type":"record","name":"Leaf","fields":[{"name":"n","type":"long"}]}`}}
	middle := &serde.Definition{Name: "Middle", Schema: registry.Schema{Text: `{"type":"record","name":"Middle","fields":[{"name":"l","type":"Leaf"}]}`}, Imports: []*serde.Definition{leaf}}
	var seen serde.WriterSchema
	f := plain{
		text:    `{"type":"record","name":"Root","fields":[{"name":"m","type":"Middle"},{"name":"l","type":"Leaf"}]}`,
		imports: []*serde.Definition{middle, leaf},
		seen:    &seen,
	}
	for _, prefix := range []registry.Subject{"", ":.staging:"} {
		strategy := func(field serde.Field, _ string) (registry.Subject, error) {
			return prefix + registry.Subject(field.Topic), nil
		}
		s := mustSerializer(t, client, f, serde.WithSubjectStrategy(strategy), serde.WithWriterSchema(serde.AutoRegister()))
		if err := s.Prepare(ctx, serde.ValueOf("t")); err != nil {
			t.Fatalf("context %q: %v", prefix, err)
		}
		if len(seen.Referenced) != 2 || seen.Referenced[0].Name != "Leaf" || seen.Referenced[1].Name != "Middle" {
			t.Errorf("context %q: the encoder was given %+v", prefix, seen.Referenced)
		}
		if _, err := client.Version(ctx, prefix+"Leaf", 1); err != nil {
			t.Errorf("context %q: the import is not there: %v", prefix, err)
		}
		if err := mustSerializer(t, client, f, serde.WithSubjectStrategy(strategy)).Prepare(ctx, serde.ValueOf("t")); err != nil {
			t.Errorf("context %q: looking up what was registered: %v", prefix, err)
		}
	}
}
