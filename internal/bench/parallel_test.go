package bench

import (
	"context"
	"encoding/binary"
	"fmt"
	"runtime"
	"testing"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
	"github.com/concord-go/concord/serde"
)

// worker is what one goroutine does with the event: all share what is compiled, each has
// its own buffer and values.
type worker struct{ encode, decode func() error }

// crew makes workers that share.
type crew struct {
	name string
	join func() worker
}

func crews(tb testing.TB) []crew {
	tb.Helper()
	payload := eventRecord().payload()
	// Hand-written code shares nothing: it shows what the machine gives.
	byHand := crew{"handwritten", func() worker {
		e, buffer := sampleEvent(), make([]byte, 0, room)
		return worker{
			encode: func() error { _, err := appendEvent(buffer, &e); return err },
			decode: func() error { return readEvent(payload, shared, new(userEvent)) },
		}
	}}

	schema := avro.MustParse(eventSchema)
	encoder, decoder := must(avro.NewEncoder[userEvent](schema)), must(avro.NewDecoder[userEvent](schema, nil))
	codec := crew{"concord", func() worker {
		e, buffer := sampleEvent(), make([]byte, 0, room)
		return worker{
			encode: func() error { _, err := encoder.AppendEncode(buffer, e); return err },
			decode: func() error { return decoder.Decode(payload, new(userEvent)) },
		}
	}}

	ctx, reg := context.Background(), registrytest.New(tb)
	id := reg.Register(topic+"-value", registry.Schema{Text: eventSchema}).ID
	client := concordClient(tb, reg.URL())
	serializer := must(serde.NewSerializer(client, avro.For[userEvent](avro.WithSchema(eventSchema))))
	deserializer := must(serde.NewDeserializer(client, avro.For[userEvent](avro.WithSchema(eventSchema))))
	data := serde.Data{Bytes: append(binary.BigEndian.AppendUint32([]byte{0}, uint32(id)), payload...)}
	whole := crew{"concord-serde", func() worker {
		e, buffer := sampleEvent(), make([]byte, 0, room)
		return worker{
			encode: func() error { _, err := serializer.AppendSerialize(ctx, buffer, serde.ValueOf(topic), e); return err },
			decode: func() error {
				_, err := deserializer.Deserialize(ctx, serde.ValueOf(topic), data, new(userEvent))
				return err
			},
		}
	}}
	return []crew{byHand, codec, whole}
}

// together measures one goroutine and two. ns/op is elapsed time over operations, so two
// take half of one's where nothing is in their way. GOMAXPROCS goes with the
// goroutines, so that the collector works on the cores that are counted.
func together(b *testing.B, operation func(worker) func() error) {
	for _, c := range crews(b) {
		for _, goroutines := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/goroutines=%d", c.name, goroutines), func(b *testing.B) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(goroutines))
				b.ReportAllocs()
				b.RunParallel(func(pb *testing.PB) {
					run := operation(c.join())
					for pb.Next() {
						if err := run(); err != nil {
							b.Error(err)
							return
						}
					}
				})
			})
		}
	}
}

func BenchmarkParallelEncode(b *testing.B) {
	together(b, func(w worker) func() error { return w.encode })
}

func BenchmarkParallelDecode(b *testing.B) {
	together(b, func(w worker) func() error { return w.decode })
}
