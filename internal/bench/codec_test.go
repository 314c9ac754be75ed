package bench

import (
	"context"
	"errors"
	"testing"

	confluentregistry "github.com/confluentinc/confluent-kafka-go/v2/schemaregistry"
	confluentserde "github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde/avrov2"
	"github.com/google/go-cmp/cmp"
	hamba "github.com/hamba/avro/v2"
	"github.com/linkedin/goavro/v2"
	twmb "github.com/twmb/avro"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
	"github.com/concord-go/concord/serde/serdetest"
)

// must keeps set-up short; the benchmarks' own errors are looked at.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

var (
	ctx     = context.Background()
	payload = must(appendEvent(nil, ptr(sample())))
)

func ptr[T any](v T) *T { return &v }

// encoders are the ways to write the event, each the fastest safe one that its
// library documents, into a buffer that is used again where the library allows it.
func encoders() map[string]func() ([]byte, error) {
	e := sample()
	native := sampleNative()
	buffer := make([]byte, 0, 1024)
	concordEncoder := must(avro.NewEncoder[userEvent](avro.MustParse(schemaText)))
	concordDynamic := must(avro.NewEncoder[map[string]any](avro.MustParse(schemaText)))
	hambaAPI := hamba.DefaultConfig
	hambaSchema := hamba.MustParse(schemaText)
	twmbSchema := must(twmb.Parse(schemaText))
	goavroCodec := must(goavro.NewCodec(schemaText))
	return map[string]func() ([]byte, error){
		"handwritten":     func() ([]byte, error) { return appendEvent(buffer, &e) },
		"concord":         func() ([]byte, error) { return concordEncoder.AppendEncode(buffer, e) },
		"concord-dynamic": func() ([]byte, error) { return concordDynamic.AppendEncode(buffer, native) },
		"twmb":            func() ([]byte, error) { return twmbSchema.AppendEncode(buffer, &e) },
		"hamba":           func() ([]byte, error) { return hambaAPI.Marshal(hambaSchema, e) },
		"goavro":          func() ([]byte, error) { return goavroCodec.BinaryFromNative(buffer, native) },
	}
}

// decoders read the payload into a fresh value.
func decoders() map[string]func() (*userEvent, error) {
	schema := avro.MustParse(schemaText)
	concordDecoder := must(avro.NewDecoder[userEvent](schema, nil))
	hambaAPI := hamba.DefaultConfig
	hambaSchema := hamba.MustParse(schemaText)
	twmbSchema := must(twmb.Parse(schemaText))
	return map[string]func() (*userEvent, error){
		"handwritten": func() (*userEvent, error) { e := new(userEvent); return e, readEvent(payload, e) },
		"concord":     func() (*userEvent, error) { e := new(userEvent); return e, concordDecoder.Decode(payload, e) },
		"twmb": func() (*userEvent, error) {
			e := new(userEvent)
			_, err := twmbSchema.Decode(payload, e)
			return e, err
		},
		"hamba": func() (*userEvent, error) { e := new(userEvent); return e, hambaAPI.Unmarshal(hambaSchema, payload, e) },
	}
}

// resolvers read the payload as the later program has it; the pair of schemas is
// resolved once, before.
func resolvers() map[string]func() (*laterEvent, error) {
	concordDecoder := must(avro.NewDecoder[laterEvent](avro.MustParse(schemaText), avro.MustParse(readerText)))
	hambaAPI := hamba.DefaultConfig
	hambaSchema := must(hamba.NewSchemaCompatibility().Resolve(hamba.MustParse(readerText), hamba.MustParse(schemaText)))
	twmbSchema := must(twmb.Resolve(must(twmb.Parse(schemaText)), must(twmb.Parse(readerText))))
	return map[string]func() (*laterEvent, error){
		"concord": func() (*laterEvent, error) { e := new(laterEvent); return e, concordDecoder.Decode(payload, e) },
		"twmb": func() (*laterEvent, error) {
			e := new(laterEvent)
			_, err := twmbSchema.Decode(payload, e)
			return e, err
		},
		"hamba": func() (*laterEvent, error) {
			e := new(laterEvent)
			return e, hambaAPI.Unmarshal(hambaSchema, payload, e)
		},
	}
}

// dynamics read the payload into whatever the library has for values without a Go type.
func dynamics() map[string]func() (any, error) {
	concordDecoder := must(avro.NewDecoder[map[string]any](avro.MustParse(schemaText), nil))
	hambaAPI := hamba.DefaultConfig
	hambaSchema := hamba.MustParse(schemaText)
	twmbSchema := must(twmb.Parse(schemaText))
	goavroCodec := must(goavro.NewCodec(schemaText))
	return map[string]func() (any, error){
		"concord": func() (any, error) { var v map[string]any; err := concordDecoder.Decode(payload, &v); return v, err },
		"twmb":    func() (any, error) { var v any; _, err := twmbSchema.Decode(payload, &v); return v, err },
		"hamba":   func() (any, error) { var v any; err := hambaAPI.Unmarshal(hambaSchema, payload, &v); return v, err },
		"goavro":  func() (any, error) { v, _, err := goavroCodec.NativeFromBinary(payload); return v, err },
	}
}

const topic = "user-events"

// serializers and deserializers are whole: subject, schema id, framing, a registry
// in memory that has been asked before.
func serializers() map[string]func() ([]byte, error) {
	e := sample()
	buffer := make([]byte, 0, 1024)
	reg := new(serdetest.Registry)
	concordSerializer := must(serde.NewSerializer(reg, avro.For[userEvent](avro.WithSchema(schemaText)), serde.WithWriterSchema(serde.AutoRegister())))
	client := must(confluentregistry.NewClient(confluentregistry.NewConfig("mock://bench")))
	must(client.Register(topic+"-value", confluentregistry.SchemaInfo{Schema: schemaText}, false))
	config := avrov2.NewSerializerConfig()
	config.AutoRegisterSchemas = false
	config.UseLatestVersion = true
	confluentSerializer := must(avrov2.NewSerializer(client, confluentserde.ValueSerde, config))
	return map[string]func() ([]byte, error){
		"concord": func() ([]byte, error) {
			data, err := concordSerializer.AppendSerialize(ctx, buffer, serde.ValueOf(topic), e)
			return data.Bytes, err
		},
		"confluent-avrov2": func() ([]byte, error) { return confluentSerializer.Serialize(topic, &e) },
	}
}

func deserializers() map[string]func() (*userEvent, error) {
	reg := new(serdetest.Registry)
	must(reg.Register(ctx, topic+"-value", registry.Schema{Text: schemaText}))
	framed := append([]byte{0, 0, 0, 0, 1}, payload...)
	concordDeserializer := must(serde.NewDeserializer(reg, avro.For[userEvent](avro.WithSchema(schemaText))))
	client := must(confluentregistry.NewClient(confluentregistry.NewConfig("mock://bench-reading")))
	id := must(client.Register(topic+"-value", confluentregistry.SchemaInfo{Schema: schemaText}, false))
	framed[4] = byte(id)
	confluentDeserializer := must(avrov2.NewDeserializer(client, confluentserde.ValueSerde, avrov2.NewDeserializerConfig()))
	return map[string]func() (*userEvent, error){
		"concord": func() (*userEvent, error) {
			e := new(userEvent)
			_, err := concordDeserializer.Deserialize(ctx, serde.ValueOf(topic), serde.Data{Bytes: framed}, e)
			return e, err
		},
		"confluent-avrov2": func() (*userEvent, error) {
			e := new(userEvent)
			return e, confluentDeserializer.DeserializeInto(topic, framed, e)
		},
	}
}

// Nothing is measured that does not do the same work.
func TestAllAgree(t *testing.T) {
	for name, encode := range encoders() {
		b, err := encode()
		if err == nil {
			err = readsBack(b) // block sizes are optional: the bytes may differ
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, decode := range decoders() {
		if e, err := decode(); err != nil || !cmp.Equal(*e, sample()) {
			t.Errorf("%s decodes another event, error %v", name, err)
		}
	}
	for name, decode := range resolvers() {
		if e, err := decode(); err != nil || !cmp.Equal(*e, sampleLater()) {
			t.Errorf("%s resolves to another event, error %v: %s", name, err, cmp.Diff(*e, sampleLater()))
		}
	}
	for name, decode := range dynamics() {
		if v, err := decode(); err != nil || v.(map[string]any)["id"] != sample().ID {
			t.Errorf("%s decodes another dynamic value, error %v", name, err)
		}
	}
	for name, serialize := range serializers() {
		b, err := serialize()
		if err == nil {
			err = readsBack(b[5:])
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, deserialize := range deserializers() {
		if e, err := deserialize(); err != nil || !cmp.Equal(*e, sample()) {
			t.Errorf("%s deserializes another event, error %v", name, err)
		}
	}
}

func readsBack(b []byte) error {
	var e userEvent
	if err := readEvent(b, &e); err != nil {
		return err
	}
	if diff := cmp.Diff(sample(), e); diff != "" {
		return errors.New("another event: " + diff)
	}
	return nil
}

func measure[T any](b *testing.B, of map[string]func() (T, error), order ...string) {
	for _, name := range order {
		run := of[name]
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	measure(b, encoders(), "handwritten", "concord", "twmb", "hamba", "concord-dynamic", "goavro")
}

func BenchmarkDecode(b *testing.B) {
	measure(b, decoders(), "handwritten", "concord", "twmb", "hamba")
}

func BenchmarkResolve(b *testing.B) {
	measure(b, resolvers(), "concord", "twmb", "hamba")
}

func BenchmarkDynamic(b *testing.B) {
	measure(b, dynamics(), "concord", "twmb", "hamba", "goavro")
}

func BenchmarkSerialize(b *testing.B) {
	measure(b, serializers(), "concord", "confluent-avrov2")
}

func BenchmarkDeserialize(b *testing.B) {
	measure(b, deserializers(), "concord", "confluent-avrov2")
}
