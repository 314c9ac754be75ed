package bench

import "math/rand/v2"

// Ten thousand longs of all lengths, in an array.

const longsCount = 10_000

func longsRecord() *shape[series, laterSeries] {
	v := series{Channel: 7, Offset: 1000, Values: make([]int64, longsCount)}
	random := rand.New(rand.NewPCG(1, 2)) // always the same
	for i := range v.Values {
		v.Values[i] = int64(random.Uint64()) >> random.IntN(64)
	}
	short := v
	short.Values = v.Values[:200]
	return &shape[series, laterSeries]{
		name: "Longs", schema: longsSchema, later: laterLongsSchema, value: v,
		laterValue: laterSeries{Channel: int64(v.Channel), Values: v.Values, Unit: "ms"},
		short:      &short,
		write:      appendSeries, read: readSeries, readLater: readLaterSeries, readValue: seriesValue,
	}
}

const longsSchema = `{
  "type": "record", "name": "Series", "namespace": "com.example",
  "fields": [
    {"name": "channel", "type": "int"},
    {"name": "offset", "type": "int"},
    {"name": "values", "type": {"type": "array", "items": "long"}}
  ]
}`

// channel has become a long, offset is gone, unit is new.
const laterLongsSchema = `{
  "type": "record", "name": "Series", "namespace": "com.example",
  "fields": [
    {"name": "channel", "type": "long"},
    {"name": "values", "type": {"type": "array", "items": "long"}},
    {"name": "unit", "type": "string", "default": "ms"}
  ]
}`

type series struct {
	Channel int32   `avro:"channel"`
	Offset  int32   `avro:"offset"`
	Values  []int64 `avro:"values"`
}

type laterSeries struct {
	Channel int64   `avro:"channel"`
	Values  []int64 `avro:"values"`
	Unit    string  `avro:"unit"`
}
