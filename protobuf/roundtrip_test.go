package protobuf_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/concord-go/concord/protobuf"
	"github.com/concord-go/concord/protobuf/internal/testpb"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
	"github.com/concord-go/concord/serde"
)

func newClient(t testing.TB, reg *registrytest.Registry) *registry.Client {
	t.Helper()
	c, err := registry.NewClient(reg.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return c
}

// twentyImports are a file and those that it imports: ten that stand alone and ten that
// import one of them.
func twentyImports() (text string, imports []*serde.Definition) {
	var b strings.Builder
	b.WriteString("syntax = \"proto3\"; package acme;\n")
	for i := range 20 {
		path := fmt.Sprintf("acme/part%d.proto", i)
		d := &serde.Definition{Name: path, Schema: registry.Schema{Type: registry.Protobuf}}
		d.Schema.Text = fmt.Sprintf("syntax = \"proto3\"; package acme; message Part%d { string id = 1; }", i)
		if i >= 10 {
			d.Schema.Text = fmt.Sprintf("syntax = \"proto3\"; package acme; import %q; message Part%d { Part%d part = 1; }", imports[i-10].Name, i, i-10)
			d.Imports = imports[i-10 : i-9]
		}
		imports = append(imports, d)
		fmt.Fprintf(&b, "import %q;\n", path)
	}
	b.WriteString("message Whole {\n")
	for i := range 20 {
		fmt.Fprintf(&b, "  Part%d part%d = %d;\n", i, i, i+1)
	}
	return b.String() + "}\n", imports
}

func TestTwentyImportsCostARoundTripEachOnce(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	text, imports := twentyImports()
	format := protobuf.Dynamic(protobuf.WithSchema(text, imports...))
	m, err := format.New()
	if err != nil {
		t.Fatal(err)
	}
	message := m.(*dynamicpb.Message)
	requests := func(c *registry.Client) int64 { return c.Stats().Requests }

	registering := newClient(t, reg)
	serialize(t, newSerializer(t, registering, format), message)
	if n := requests(registering); n != 21 {
		t.Errorf("%d requests to register 21 files", n)
	}
	client := newClient(t, reg)
	own := serde.WithWriterSchema(serde.OwnSchema())
	data := serialize(t, newSerializer(t, client, format, own), message)
	if n := requests(client); n != 21 {
		t.Errorf("%d requests to look up 21 files", n)
	}
	serialize(t, newSerializer(t, client, format, own), message)
	if n := requests(client); n != 21 {
		t.Errorf("%d requests where everything is known", n-21)
	}

	reading := newClient(t, reg)
	var got *dynamicpb.Message
	for range 2 {
		d := newDeserializer(t, reading, protobuf.Dynamic())
		if _, err := d.Deserialize(ctx, field, data, &got); err != nil {
			t.Fatal(err)
		}
		if n := requests(reading); n != 21 {
			t.Errorf("%d requests to read with 21 files", n)
		}
	}
}

// A registry lays texts out anew; a program with generated code finds what was
// registered from the file, and the other way round.
func TestARealRegistryTakesWhatTheFormatSends(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	files := sources(t)
	place := func(path string, references ...registry.Reference) registry.Reference {
		r := reg.Register(registry.Subject(path), registry.Schema{Text: files[path], Type: registry.Protobuf, References: references})
		return registry.Reference{Name: path, Subject: registry.Subject(path), Version: r.Version}
	}
	country := place("acme/parts/country.proto")
	address, money := place("acme/parts/address.proto", country), place("acme/parts/money.proto", country)
	event := reg.Register("events-value", registry.Schema{Text: files["acme/events/user_event.proto"], Type: registry.Protobuf, References: []registry.Reference{address, money}})

	client := newClient(t, reg)
	s := newSerializer(t, client, protobuf.For[*testpb.UserEvent](), serde.WithWriterSchema(serde.OwnSchema()))
	data, err := s.AppendSerialize(ctx, nil, field, sampleEvent())
	if err != nil {
		t.Fatalf("what was registered from files is not found: %v", err)
	}
	if id := data.Bytes[4]; id != byte(event.ID) {
		t.Errorf("id %d, want %d", id, event.ID)
	}
	var v *testpb.UserEvent
	if _, err := newDeserializer(t, client, protobuf.For[*testpb.UserEvent]()).Deserialize(ctx, field, data, &v); err != nil || !equal(v, sampleEvent()) {
		t.Errorf("%v, %v", v, err)
	}
	byName := serde.WithSubjectStrategy(serde.RecordName)
	serialize(t, newSerializer(t, client, protobuf.For[*testpb.Order](), byName), &testpb.Order{Id: ptr("1")})
	serialize(t, newSerializer(t, client, protobuf.For[*testpb.Tree](), byName), &testpb.Tree{Name: "t"})
	for _, framing := range []serde.Framing{serde.PrefixFraming(), serde.HeaderFraming()} {
		inner := serialize(t, newSerializer(t, client, protobuf.For[*testpb.Outer_Middle_Inner](), byName, serde.WithFraming(framing)), &testpb.Outer_Middle_Inner{Id: "i"})
		var got *testpb.Outer_Middle_Inner
		if _, err := newDeserializer(t, client, protobuf.For[*testpb.Outer_Middle_Inner]()).Deserialize(ctx, field, inner, &got); err != nil || got.GetId() != "i" {
			t.Errorf("%v, %v", got, err)
		}
	}
}

func ptr[T any](v T) *T { return &v }

// A registry takes a descriptor in base64 and gives one, in place of the text.
func TestTheEmbeddedRegistryKnowsDescriptors(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	files := sources(t)
	b, err := proto.Marshal(protodesc.ToFileDescriptorProto(compile(t, files, "acme/events/nested.proto")))
	if err != nil {
		t.Fatal(err)
	}
	first := reg.Register("a", registry.Schema{Text: base64.StdEncoding.EncodeToString(b), Type: registry.Protobuf})
	if want := mustParse(t, files["acme/events/nested.proto"]).String(); first.Text != want {
		t.Errorf("kept as\n%s\nwant\n%s", first.Text, want)
	}
	if second := reg.Register("b", registry.Schema{Text: files["acme/events/nested.proto"], Type: registry.Protobuf}); second.ID != first.ID {
		t.Errorf("the text has id %d, and the descriptor %d", second.ID, first.ID)
	}
	response, err := http.Get(fmt.Sprintf("%s/schemas/ids/%d/schema?format=serialized", reg.URL(), first.ID))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if b, err = base64.StdEncoding.DecodeString(string(body)); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	got := new(descriptorpb.FileDescriptorProto)
	if err := proto.Unmarshal(b, got); err != nil || got.GetPackage() != "acme.events" || len(got.MessageType) != 2 {
		t.Fatalf("%v, %v", got, err)
	}
	var order []string // Outer has a map between its messages
	for _, m := range got.MessageType[1].NestedType {
		order = append(order, m.GetName())
	}
	if want := []string{"Beside", "Middle", "CountsEntry"}; !slices.Equal(order, want) {
		t.Errorf("nested messages %v, want %v", order, want)
	}
}
