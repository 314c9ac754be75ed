package bench

// Fields that may be absent, fields of one type in four, and a list and a map of such.
// A union of several types is a Go any for all codecs here; unions of several records
// are left out, as each library has another Go type for them.

func unionsRecord() *shape[observation, laterObservation] {
	v := observation{
		ID: "obs-000017", Version: 3, Note: new("seen from the bridge"), Count: new(int64(12)), Ratio: new(0.25), Flag: new(true),
		Place: &point{X: 41.14, Y: -8.61}, Code: new("K2"),
		First: "north-west", Second: int64(1_000_000), Third: 2.5, Fourth: true, Fifth: nil,
		Samples: []any{"calm", int64(4), 1.5, false, nil, "gusts", int64(-70_000), 8.25},
		Labels:  map[string]any{"station": "p-21"},
	}
	return &shape[observation, laterObservation]{
		name: "Unions", schema: unionsSchema, later: laterUnionsSchema, value: v,
		laterValue: laterObservation{
			ID: v.ID, Version: int64(v.Version), Note: v.Note, Count: v.Count, Ratio: v.Ratio, Flag: v.Flag, Place: v.Place,
			First: v.First, Second: v.Second, Third: v.Third, Fourth: v.Fourth, Fifth: v.Fifth, Samples: v.Samples, Labels: v.Labels,
		},
		write: appendObservation, read: readObservation, readLater: readLaterObservation, readValue: observationValue,
	}
}

const unionsSchema = `{
  "type": "record", "name": "Observation", "namespace": "com.example", "fields": [
    {"name": "id", "type": "string"},
    {"name": "version", "type": "int"},
    {"name": "note", "type": ["null", "string"], "default": null},
    {"name": "remark", "type": ["null", "string"], "default": null},
    {"name": "count", "type": ["null", "long"], "default": null},
    {"name": "ratio", "type": ["null", "double"], "default": null},
    {"name": "flag", "type": ["null", "boolean"], "default": null},
    {"name": "place", "type": ["null", {"type": "record", "name": "Point", "fields": [
      {"name": "x", "type": "double"}, {"name": "y", "type": "double"}]}], "default": null},
    {"name": "origin", "type": ["null", "Point"], "default": null},
    {"name": "code", "type": ["null", "string"], "default": null},
    {"name": "first", "type": ["null", "string", "long", "double", "boolean"]},
    {"name": "second", "type": ["null", "string", "long", "double", "boolean"]},
    {"name": "third", "type": ["null", "string", "long", "double", "boolean"]},
    {"name": "fourth", "type": ["null", "string", "long", "double", "boolean"]},
    {"name": "fifth", "type": ["null", "string", "long", "double", "boolean"]},
    {"name": "samples", "type": {"type": "array", "items": ["null", "string", "long", "double", "boolean"]}},
    {"name": "labels", "type": {"type": "map", "values": ["null", "string", "long", "double", "boolean"]}}
  ]
}`

// version has become a long, code is gone, source is new.
const laterUnionsSchema = `{
  "type": "record", "name": "Observation", "namespace": "com.example", "fields": [
    {"name": "id", "type": "string"},
    {"name": "version", "type": "long"},
    {"name": "note", "type": ["null", "string"], "default": null},
    {"name": "remark", "type": ["null", "string"], "default": null},
    {"name": "count", "type": ["null", "long"], "default": null},
    {"name": "ratio", "type": ["null", "double"], "default": null},
    {"name": "flag", "type": ["null", "boolean"], "default": null},
    {"name": "place", "type": ["null", {"type": "record", "name": "Point", "fields": [
      {"name": "x", "type": "double"}, {"name": "y", "type": "double"}]}], "default": null},
    {"name": "origin", "type": ["null", "Point"], "default": null},
    {"name": "first", "type": ["null", "string", "long", "double", "boolean"]},
    {"name": "second", "type": ["null", "string", "long", "double", "boolean"]},
    {"name": "third", "type": ["null", "string", "long", "double", "boolean"]},
    {"name": "fourth", "type": ["null", "string", "long", "double", "boolean"]},
    {"name": "fifth", "type": ["null", "string", "long", "double", "boolean"]},
    {"name": "samples", "type": {"type": "array", "items": ["null", "string", "long", "double", "boolean"]}},
    {"name": "labels", "type": {"type": "map", "values": ["null", "string", "long", "double", "boolean"]}},
    {"name": "source", "type": ["null", "string"], "default": null}
  ]
}`

type observation struct {
	ID      string         `avro:"id"`
	Version int32          `avro:"version"`
	Note    *string        `avro:"note"`
	Remark  *string        `avro:"remark"`
	Count   *int64         `avro:"count"`
	Ratio   *float64       `avro:"ratio"`
	Flag    *bool          `avro:"flag"`
	Place   *point         `avro:"place"`
	Origin  *point         `avro:"origin"`
	Code    *string        `avro:"code"`
	First   any            `avro:"first"`
	Second  any            `avro:"second"`
	Third   any            `avro:"third"`
	Fourth  any            `avro:"fourth"`
	Fifth   any            `avro:"fifth"`
	Samples []any          `avro:"samples"`
	Labels  map[string]any `avro:"labels"`
}

type point struct {
	X float64 `avro:"x"`
	Y float64 `avro:"y"`
}

type laterObservation struct {
	ID      string         `avro:"id"`
	Version int64          `avro:"version"`
	Note    *string        `avro:"note"`
	Remark  *string        `avro:"remark"`
	Count   *int64         `avro:"count"`
	Ratio   *float64       `avro:"ratio"`
	Flag    *bool          `avro:"flag"`
	Place   *point         `avro:"place"`
	Origin  *point         `avro:"origin"`
	First   any            `avro:"first"`
	Second  any            `avro:"second"`
	Third   any            `avro:"third"`
	Fourth  any            `avro:"fourth"`
	Fifth   any            `avro:"fifth"`
	Samples []any          `avro:"samples"`
	Labels  map[string]any `avro:"labels"`
	Source  *string        `avro:"source"`
}
