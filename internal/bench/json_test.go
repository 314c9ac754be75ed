package bench

import (
	"bytes"
	"context"
	stdjson "encoding/json"
	"testing"

	"github.com/bytedance/sonic"
	confluentserde "github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde"
	confluentjson "github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde/jsonschema"
	"github.com/go-json-experiment/json"
	gojson "github.com/goccy/go-json"
	"github.com/google/go-cmp/cmp"
	engine "github.com/santhosh-tekuri/jsonschema/v6"
	segmentio "github.com/segmentio/encoding/json"

	"github.com/concord-go/concord/jsonschema"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
	"github.com/concord-go/concord/serde"
)

// The event of record_event.go as a JSON value: 470 bytes.
type jsonEvent struct {
	ID         string            `json:"id" jsonschema:"minLength=1,maxLength=64"`
	UserID     string            `json:"userId" jsonschema:"pattern=^u[0-9]+$"`
	EventTime  int64             `json:"eventTime" jsonschema:"minimum=0"`
	Sequence   int32             `json:"sequence"`
	Score      float64           `json:"score" jsonschema:"minimum=0,maximum=1"`
	Active     bool              `json:"active"`
	Referrer   *string           `json:"referrer"`
	Action     string            `json:"action" jsonschema:"enum=VIEW,enum=CLICK,enum=PURCHASE"`
	Device     jsonDevice        `json:"device"`
	Tags       []string          `json:"tags" jsonschema:"maxItems=20"`
	Attributes map[string]string `json:"attributes"`
	Items      []jsonItem        `json:"items"`
}

type jsonDevice struct {
	OS     string `json:"os"`
	Model  string `json:"model"`
	Memory int32  `json:"memory" jsonschema:"minimum=0"`
}

type jsonItem struct {
	SKU      string  `json:"sku"`
	Quantity int32   `json:"quantity" jsonschema:"minimum=1"`
	Price    float64 `json:"price"`
}

func sampleJSONEvent() jsonEvent {
	e := sampleEvent()
	j := jsonEvent{
		ID: e.ID, UserID: e.UserID, EventTime: e.EventTime, Sequence: e.Sequence, Score: e.Score, Active: e.Active, Referrer: e.Referrer, Action: e.Action,
		Device: jsonDevice{e.Device.OS, e.Device.Model, e.Device.Memory}, Tags: e.Tags, Attributes: e.Attributes,
	}
	for _, i := range e.Items {
		j.Items = append(j.Items, jsonItem{i.SKU, i.Quantity, i.Price})
	}
	return j
}

// jsonSchemaText is the schema of the event; with more, one that has a keyword outside of the fast path, which
// every event fulfils.
func jsonSchemaText(tb testing.TB, more bool) string {
	tb.Helper()
	text := must(jsonschema.SchemaFor[jsonEvent]()).String()
	if !more {
		return text
	}
	var tree map[string]any
	if err := stdjson.Unmarshal([]byte(text), &tree); err != nil {
		tb.Fatal(err)
	}
	tree["dependencies"] = map[string]any{"referrer": []any{"action"}}
	return string(must(stdjson.Marshal(tree)))
}

// jsonCell is one way to do one thing with the event.
type jsonCell struct {
	name  string
	write func() ([]byte, int, error) // the bytes, and how many stand before the text
	read  func() (*jsonEvent, error)
}

func jsonCells(tb testing.TB) (writing, reading []jsonCell) {
	tb.Helper()
	ctx := context.Background()
	reg := registrytest.New(tb)
	client := concordClient(tb, reg.URL())
	event := sampleJSONEvent()
	plain, hard := jsonSchemaText(tb, false), jsonSchemaText(tb, true)
	reg.Register("json-value", registry.Schema{Text: plain, Type: registry.JSON})
	reg.Register("hard-value", registry.Schema{Text: hard, Type: registry.JSON})
	text := must(stdjson.Marshal(event))

	write := func(name, topic string, opts ...jsonschema.FormatOption) serde.Data {
		to, buffer := serde.ValueOf(topic), make([]byte, 0, room)
		s := must(serde.NewSerializer(client, jsonschema.For[jsonEvent](append(opts, jsonschema.WithSchema(plain))...), serde.WithWriterSchema(serde.Latest())))
		writing = append(writing, jsonCell{name: name, write: func() ([]byte, int, error) {
			d, err := s.AppendSerialize(ctx, buffer, to, event)
			return d.Bytes, 5, err
		}})
		return must(s.AppendSerialize(ctx, nil, to, event))
	}
	var into jsonEvent
	read := func(name, topic string, data serde.Data, opts ...jsonschema.FormatOption) {
		d := must(serde.NewDeserializer(client, jsonschema.For[jsonEvent](append(opts, jsonschema.WithSchema(plain))...)))
		reading = append(reading, jsonCell{name: name, read: func() (*jsonEvent, error) {
			_, err := d.Deserialize(ctx, serde.ValueOf(topic), data, &into)
			return &into, err
		}})
	}
	encode := func(name string, f func(*bytes.Buffer) error) {
		var buffer bytes.Buffer
		writing = append(writing, jsonCell{name: name, write: func() ([]byte, int, error) {
			buffer.Reset()
			err := f(&buffer)
			return buffer.Bytes(), 0, err
		}})
	}
	decode := func(name string, f func([]byte, any) error) {
		reading = append(reading, jsonCell{name: name, read: func() (*jsonEvent, error) {
			into = jsonEvent{}
			return &into, f(text, &into)
		}})
	}

	// The encoder that concord uses, and what it does where the fast path does not reach: the text parsed into any, and the engine.
	encode("encoder", func(b *bytes.Buffer) error { return json.MarshalWrite(b, &event) })
	validator := jsonEngine(tb, hard)
	encode("encoder-engine", func(b *bytes.Buffer) error {
		if err := json.MarshalWrite(b, &event); err != nil {
			return err
		}
		tree, err := engine.UnmarshalJSON(bytes.NewReader(b.Bytes()))
		if err != nil {
			return err
		}
		return validator.Validate(tree)
	})
	write("concord-unchecked", "json", jsonschema.WithoutWriteValidation())
	data := write("concord", "json")
	hardData := write("concord-engine", "hard")

	theirs := confluentClient(tb, reg.URL())
	config := confluentjson.NewSerializerConfig()
	config.EnableValidation = true
	confluentDefault := must(confluentjson.NewSerializer(theirs, confluentserde.ValueSerde, config))
	writing = append(writing, jsonCell{name: "confluent-default", write: func() ([]byte, int, error) {
		b, err := confluentDefault.Serialize("json-derived", &event)
		return b, 5, err
	}})
	latestConfig := confluentjson.NewSerializerConfig()
	latestConfig.EnableValidation, latestConfig.AutoRegisterSchemas, latestConfig.UseLatestVersion = true, false, true
	latest := must(confluentjson.NewSerializer(theirs, confluentserde.ValueSerde, latestConfig))
	writing = append(writing, jsonCell{name: "confluent", write: func() ([]byte, int, error) {
		b, err := latest.Serialize("json", &event)
		return b, 5, err
	}})
	encode("encoding-json", func(b *bytes.Buffer) error { return stdjson.NewEncoder(b).Encode(&event) })
	encode("goccy", func(b *bytes.Buffer) error { return gojson.NewEncoder(b).Encode(&event) })
	encode("segmentio", func(b *bytes.Buffer) error { return segmentio.NewEncoder(b).Encode(&event) })
	encode("sonic", func(b *bytes.Buffer) error { return sonic.ConfigStd.NewEncoder(b).Encode(&event) })

	decode("decoder", func(b []byte, v any) error { return json.Unmarshal(b, v) })
	read("concord-unchecked", "json", data)
	read("concord", "json", data, jsonschema.WithReadValidation())
	read("concord-engine", "hard", hardData, jsonschema.WithReadValidation())
	confluentBytes := must(latest.Serialize("json", &event))
	readerConfig := confluentjson.NewDeserializerConfig()
	readerConfig.EnableValidation = true
	reader := must(confluentjson.NewDeserializer(theirs, confluentserde.ValueSerde, readerConfig))
	reading = append(reading, jsonCell{name: "confluent", read: func() (*jsonEvent, error) {
		into = jsonEvent{}
		return &into, reader.DeserializeInto("json", confluentBytes, &into)
	}})
	decode("encoding-json", stdjson.Unmarshal)
	decode("goccy", gojson.Unmarshal)
	decode("segmentio", segmentio.Unmarshal)
	decode("sonic", sonic.ConfigStd.Unmarshal)
	return writing, reading
}

func jsonEngine(tb testing.TB, text string) *engine.Schema {
	tb.Helper()
	c := engine.NewCompiler()
	if err := c.AddResource("mem:///event.json", must(engine.UnmarshalJSON(bytes.NewReader([]byte(text))))); err != nil {
		tb.Fatal(err)
	}
	return must(c.Compile("mem:///event.json"))
}

// All write and read the same event.
func TestJSONAgrees(t *testing.T) {
	t.Parallel()
	writing, reading := jsonCells(t)
	want := sampleJSONEvent()
	for _, c := range writing {
		b, frame, err := c.write()
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got jsonEvent
		if err := stdjson.Unmarshal(b[frame:], &got); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s writes another event: %v\n%s", c.name, err, cmp.Diff(want, got))
		}
	}
	for _, c := range reading {
		if got, err := c.read(); err != nil || !cmp.Equal(*got, want) {
			t.Errorf("%s reads another event: %v\n%s", c.name, err, cmp.Diff(want, *got))
		}
	}
}

func BenchmarkJSONSerialize(b *testing.B) {
	writing, _ := jsonCells(b)
	b.Run("UserEvent", func(b *testing.B) {
		for _, c := range writing {
			measure(b, c.name, func() (int, error) { _, n, err := c.write(); return n, err })
		}
	})
}

func BenchmarkJSONDeserialize(b *testing.B) {
	_, reading := jsonCells(b)
	b.Run("UserEvent", func(b *testing.B) {
		for _, c := range reading {
			measure(b, c.name, c.read)
		}
	})
}

// What the README says of the encoders' care.
func TestOnlyOneJSONEncoderRefusesWhatIsNoText(t *testing.T) {
	t.Parallel()
	type text struct{ S string }
	type twice struct {
		A []map[string]int `json:"a"`
	}
	for name, e := range map[string]struct {
		marshal   func(any) ([]byte, error)
		unmarshal func([]byte, any) error
		careful   bool
	}{
		"go-json-experiment": {func(v any) ([]byte, error) { return json.Marshal(v) }, func(b []byte, v any) error { return json.Unmarshal(b, v) }, true},
		"encoding/json":      {stdjson.Marshal, stdjson.Unmarshal, false},
		"goccy":              {gojson.Marshal, gojson.Unmarshal, false},
		"segmentio":          {segmentio.Marshal, segmentio.Unmarshal, false},
		"sonic":              {sonic.ConfigStd.Marshal, sonic.ConfigStd.Unmarshal, false},
	} {
		var v text
		if _, err := e.marshal(text{"\xff"}); (err != nil) != e.careful {
			t.Errorf("%s, a string that is not UTF-8: %v", name, err)
		}
		if err := e.unmarshal([]byte(`{"S":"a","S":"b"}`), &v); (err != nil) != e.careful {
			t.Errorf("%s, a name twice: %v", name, err)
		}
		var w twice
		if err := e.unmarshal([]byte("{\"a\":[{\"\xff\":1}]}"), &w); (err != nil) != e.careful {
			t.Errorf("%s, a name that is not UTF-8: %v", name, err)
		}
	}
}
