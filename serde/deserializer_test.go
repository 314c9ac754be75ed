package serde_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
	"github.com/concord-go/concord/serde/serdetest"
)

func framed(id registry.SchemaID, payload string) serde.Data {
	return serde.Data{Bytes: append(binary.BigEndian.AppendUint32([]byte{0}, uint32(id)), payload...)}
}

func mustDeserializer(t testing.TB, src registry.Source, f serde.Format[string], opts ...serde.DeserializerOption) *serde.Deserializer[string] {
	t.Helper()
	d, err := serde.NewDeserializer(src, f, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestKnownSchemasAreReadWhileTheRegistryHangs(t *testing.T) {
	t.Parallel()
	reg := &blocking{Registry: new(serdetest.Registry), release: make(chan struct{}), asked: make(chan struct{}, 10)}
	ids := register(reg, "t-value", "one", "two")
	reg.id = ids[1]
	d := mustDeserializer(t, reg, plain{text: "reader"})
	var v string
	if _, err := d.Deserialize(ctx, serde.ValueOf("t"), framed(ids[0], "first"), &v); err != nil {
		t.Fatal(err)
	}
	stuck := make(chan error, 1)
	go func() {
		var v string
		_, err := d.Deserialize(ctx, serde.ValueOf("t"), framed(ids[1], "second"), &v)
		if err == nil && v != "second" {
			err = fmt.Errorf("read %q", v)
		}
		stuck <- err
	}()
	<-reg.asked // now the registry hangs
	for range 1000 {
		if _, err := d.Deserialize(ctx, serde.ValueOf("t"), framed(ids[0], "again"), &v); err != nil || v != "again" {
			t.Fatalf("read %q, %v", v, err)
		}
	}
	// Whoever waits may leave.
	impatient, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	_, err := d.Deserialize(impatient, serde.ValueOf("t"), framed(ids[1], "second"), &v)
	if !errors.Is(err, context.DeadlineExceeded) || serde.IsPoison(err) {
		t.Errorf("a caller with a deadline got %v", err)
	}
	select {
	case err := <-stuck:
		t.Fatalf("the record of the hanging schema: %v", err)
	default:
	}
	close(reg.release)
	if err := <-stuck; err != nil {
		t.Error(err)
	}
}

// giving is a format whose decoder tells what it was given.
type giving struct {
	plain
	given *int
}

func (g giving) NewDecoder(w serde.WriterSchema) (serde.Decoder[string], error) {
	d, err := g.plain.NewDecoder(w)
	return givingDecoder{d, g.given}, err
}

type givingDecoder struct {
	serde.Decoder[string]
	given *int
}

func (d givingDecoder) DecodeGiven(payload []byte, v *string) error {
	*d.given++
	return d.Decode(payload, v)
}

func TestPayloadsAreGivenOnlyByWhoSaysSo(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	ids := register(reg, "t-value", "one")
	given := 0
	d := mustDeserializer(t, reg, giving{plain{text: "reader"}, &given})
	data := framed(ids[0], "text")
	var v string
	for i, give := range []bool{false, true, false, true} {
		data.Given = give
		if _, err := d.Deserialize(ctx, serde.ValueOf("t"), data, &v); err != nil || v != "text" {
			t.Fatalf("read %q, %v", v, err)
		}
		if want := (i + 1) / 2; given != want {
			t.Fatalf("given %d times, want %d", given, want)
		}
	}
}

func TestAThousandRecordsOfAnUnknownSchemaCostOneCall(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error_code":40403,"message":"Schema 77 not found"}`)
	}))
	defer srv.Close()
	client, err := registry.NewClient(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(ctx)
	d := mustDeserializer(t, client, plain{text: "reader"})
	for range 1000 {
		var v string
		info, err := d.Deserialize(ctx, serde.ValueOf("t"), framed(77, "x"), &v)
		if !errors.Is(err, serde.UnknownSchema) || info.SchemaID != 77 {
			t.Fatalf("got %+v, %v", info, err)
		}
	}
	if n := calls.Load(); n != 1 {
		t.Errorf("%d calls, want 1", n)
	}
}

func TestAMissIsResolvedOnceForAll(t *testing.T) {
	t.Parallel()
	reg := &blocking{Registry: new(serdetest.Registry), release: make(chan struct{}), asked: make(chan struct{}, 10000)}
	id := register(reg, "t-value", "one")[0]
	var compiled atomic.Int64
	d := mustDeserializer(t, reg, plain{text: "reader", compiled: &compiled})
	var wg sync.WaitGroup
	goroutines := 10_000
	if allocates {
		goroutines = 1000 // the race detector's bound is 8,128
	}
	for range goroutines {
		wg.Go(func() {
			var v string
			if _, err := d.Deserialize(ctx, serde.ValueOf("t"), framed(id, "x"), &v); err != nil || v != "x" {
				t.Errorf("read %q, %v", v, err)
			}
		})
	}
	<-reg.asked
	close(reg.release)
	wg.Wait()
	if len(reg.asked) != 0 || compiled.Load() != 1 {
		t.Errorf("%d calls more than one, %d decoders", len(reg.asked), compiled.Load())
	}
}

func TestAnIncompatibleSchemaIsResolvedOnce(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	id := register(reg, "t-value", "broken")[0]
	var compiled atomic.Int64
	d := mustDeserializer(t, reg, plain{text: "reader", compiled: &compiled})
	for range 100 {
		var v string
		_, err := d.Deserialize(ctx, serde.KeyOf("t"), framed(id, "secret payload"), &v)
		var e *serde.Error
		if !errors.As(err, &e) || e.Class != serde.Incompatible || e.SchemaID != id || e.Field != serde.KeyOf("t") || !serde.IsPoison(err) {
			t.Fatalf("got %v", err)
		}
		if strings.Contains(err.Error(), "secret") {
			t.Fatalf("the error holds the payload: %v", err)
		}
	}
	if compiled.Load() != 1 || reg.Calls() > 2 {
		t.Errorf("%d times compiled, %d calls", compiled.Load(), reg.Calls())
	}
}

func TestEachMessageOfASchemaIsCompiledOnce(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	r, err := reg.Register(ctx, "t-value", registry.Schema{Text: "one", Type: registry.Protobuf})
	if err != nil {
		t.Fatal(err)
	}
	var compiled atomic.Int64
	d := mustDeserializer(t, reg, plain{text: "reader", indexed: true, compiled: &compiled})
	read := func(frames ...serde.Data) int64 {
		for range 2 {
			for _, data := range frames {
				var v string
				if _, err := d.Deserialize(ctx, serde.ValueOf("t"), data, &v); err != nil || v != "p" {
					t.Errorf("% x: read %q, %v", data.Bytes, v, err)
				}
			}
		}
		return compiled.Swap(0)
	}
	inHeader := func(path ...byte) serde.Data {
		value := append(append([]byte{1}, r.GUID[:]...), path...)
		return serde.Data{Bytes: []byte("p"), Headers: []serde.Header{{Key: "__value_schema_id", Value: value}}}
	}
	if n := read(framed(r.ID, "\x00p"), framed(r.ID, "\x02\x00p")); n != 1 {
		t.Errorf("the first message, written in two ways: %d decoders", n)
	}
	if n := read(framed(r.ID, "\x02\x02p"), framed(r.ID, "\x04\x02\x00p")); n != 2 {
		t.Errorf("two other messages: %d decoders", n)
	}
	if n := read(inHeader(0), inHeader(2, 0), inHeader(2, 2)); n != 2 {
		t.Errorf("two messages by GUID: %d decoders", n)
	}
}

func TestRegistryErrorsKeepTheirMeaning(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want serde.Class
	}{
		"no such id":      {registry.ErrSchemaNotFound, serde.UnknownSchema},
		"unreachable":     {registry.ErrUnavailable, serde.RegistryUnavailable},
		"a proxy's page":  {registry.ErrNotRegistry, serde.RegistryUnavailable},
		"too large":       {registry.ErrTooLarge, serde.RegistryUnavailable},
		"closed":          {registry.ErrClosed, serde.RegistryUnavailable},
		"denied":          {registry.ErrDenied, serde.RegistryDenied},
		"caller's cancel": {context.Canceled, serde.Unclassified},
	} {
		reg := new(serdetest.Registry)
		reg.FailWith(fmt.Errorf("asking: %w", c.err))
		var v string
		_, err := mustDeserializer(t, reg, plain{text: "reader"}).Deserialize(ctx, serde.ValueOf("t"), framed(1, "x"), &v)
		if serde.ClassOf(err) != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: class %v of %v, want %v", name, serde.ClassOf(err), err, c.want)
		}
	}
}

// circular has a subject whose schema refers to itself, which no registry accepts.
type circular struct{ serdetest.Registry }

func (c *circular) SchemaByID(context.Context, registry.SchemaID) (registry.Schema, error) {
	return registry.Schema{Text: "c", References: []registry.Reference{{Name: "c", Subject: "c", Version: 1}}}, nil
}

func (c *circular) Version(ctx context.Context, s registry.Subject, v registry.Version) (registry.Registered, error) {
	schema, err := c.SchemaByID(ctx, 1)
	return registry.Registered{Schema: schema, Subject: s, Version: v, ID: 1}, err
}

// endless has a reference behind every reference.
type endless struct{ circular }

func (e *endless) Version(_ context.Context, s registry.Subject, v registry.Version) (registry.Registered, error) {
	next := registry.Reference{Name: "c", Subject: s + "x", Version: v}
	return registry.Registered{Schema: registry.Schema{Text: "c", References: []registry.Reference{next}}, Subject: s, Version: v, ID: 1}, nil
}

func TestReferencesInACircleOrWithoutEndAreRefused(t *testing.T) {
	t.Parallel()
	for want, src := range map[serde.Class]registry.Source{serde.InvalidSchema: new(circular), serde.LimitExceeded: new(endless)} {
		var v string
		_, err := mustDeserializer(t, src, plain{text: "reader"}).Deserialize(ctx, serde.ValueOf("t"), framed(1, "x"), &v)
		if !errors.Is(err, want) {
			t.Errorf("got %v, want class %v", err, want)
		}
	}
}

func TestManySchemasStayBounded(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	var compiled atomic.Int64
	d := mustDeserializer(t, reg, plain{text: "reader", compiled: &compiled}, serde.WithDecoderLimit(4))
	for i := range 50 {
		register(reg, "t-value", fmt.Sprint("schema ", i))
	}
	for range 2 {
		for id := range registry.SchemaID(50) {
			var v string
			if _, err := d.Deserialize(ctx, serde.ValueOf("t"), framed(id+1, "x"), &v); err != nil {
				t.Fatal(err)
			}
		}
	}
	// In the second round at most 4 were still there.
	if n := compiled.Load(); n < 50+46 || n > 100 {
		t.Errorf("%d decoders compiled for 50 schemas read twice, with 4 kept", n)
	}
}

func TestReadingAWarmRecordAllocatesNothing(t *testing.T) {
	if allocates {
		t.Skip("this build allocates")
	}
	for _, framing := range []serde.Framing{serde.PrefixFraming(), serde.HeaderFraming()} {
		reg := new(serdetest.Registry)
		register(reg, "t-value", "one")
		data, err := mustSerializer(t, reg, plain{text: "one"}, serde.WithFraming(framing)).AppendSerialize(ctx, nil, serde.ValueOf("t"), "")
		if err != nil {
			t.Fatal(err)
		}
		data.Headers = append([]serde.Header{{Key: "traceparent", Value: []byte("x")}}, data.Headers...)
		d := mustDeserializer(t, reg, plain{text: "reader"})
		var v string
		read := func() {
			if _, err := d.Deserialize(ctx, serde.ValueOf("t"), data, &v); err != nil {
				t.Fatal(err)
			}
		}
		read()
		if n := testing.AllocsPerRun(100, read); n != 0 {
			t.Errorf("%+v: %v allocations, want 0", framing, n)
		}
	}
}

func BenchmarkDeserialize(b *testing.B) {
	reg := new(serdetest.Registry)
	register(reg, "t-value", "one")
	for name, framing := range map[string]serde.Framing{"Prefix": serde.PrefixFraming(), "Header": serde.HeaderFraming()} {
		b.Run(name, func(b *testing.B) {
			s, err := serde.NewSerializer(reg, plain{text: "one"}, serde.WithFraming(framing))
			if err != nil {
				b.Fatal(err)
			}
			data, err := s.AppendSerialize(ctx, nil, serde.ValueOf("t"), "")
			if err != nil {
				b.Fatal(err)
			}
			data.Headers = append([]serde.Header{{Key: "traceparent", Value: []byte("x")}}, data.Headers...)
			d := mustDeserializer(b, reg, plain{text: "reader"})
			var v string
			b.ReportAllocs()
			for b.Loop() {
				if _, err := d.Deserialize(ctx, serde.ValueOf("t"), data, &v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
