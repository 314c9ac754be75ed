package avro_test

import (
	"fmt"
	"time"

	"github.com/concord-go/concord/avro"
)

func ExampleNewDecoder() {
	type userV2 struct {
		ID    string    `avro:"id"`
		Since time.Time `avro:"since"`
		Visit int64     `avro:"visits"`
		Plan  string    `avro:"plan"`
	}
	writer := avro.MustParse(`{"type":"record","name":"User","fields":[
		{"name":"userId","type":"string"},
		{"name":"since","type":{"type":"long","logicalType":"timestamp-millis"}},
		{"name":"visits","type":"int"},
		{"name":"password","type":"string"}]}`)
	reader := avro.MustParse(`{"type":"record","name":"User","fields":[
		{"name":"id","aliases":["userId"],"type":"string"},
		{"name":"since","type":{"type":"long","logicalType":"timestamp-micros"}},
		{"name":"visits","type":"long"},
		{"name":"plan","type":"string","default":"free"}]}`)

	enc, err := avro.NewEncoder[any](writer)
	if err != nil {
		fmt.Println(err)
		return
	}
	payload, err := enc.AppendEncode(nil, map[string]any{"userId": "u123", "since": int64(1727260800000), "visits": 7, "password": "not read"})
	if err != nil {
		fmt.Println(err)
		return
	}

	dec, err := avro.NewDecoder[userV2](writer, reader)
	if err != nil {
		fmt.Println(err)
		return
	}
	var u userV2
	if err := dec.Decode(payload, &u); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(u.ID, u.Since.Format(time.RFC3339), u.Visit, u.Plan)
	fmt.Println(dec.Decode(payload[:3], &u))
	// Output:
	// u123 2024-09-25T10:40:00Z 7 free
	// avro: cannot decode id at byte 1: truncated: a value of 4 bytes, of which 2 are there
}

func ExampleNewEncoder() {
	type point struct {
		X     int32  `avro:"x"`
		Y     string `avro:"y"`
		Label string `avro:"label"`
	}
	_, err := avro.NewEncoder[point](avro.MustParse(`{"type":"record","name":"Point","fields":[
		{"name":"x","type":"int"}, {"name":"y","type":"int"}, {"name":"z","type":"int"}]}`))
	fmt.Println(err)
	// Output:
	// avro: the Go type avro_test.point does not fit the schema: avro_test.point.Y (field y): int needs a Go integer, not string; avro_test.point (field z): the Go type has no field for it, and it has no default; avro_test.point.Label: the schema has no field "label" (AllowExtraFields leaves such fields out)
}

func ExampleDynamic() {
	f := avro.Dynamic(`{"type":"record","name":"UserEvent","fields":[
		{"name":"userId","type":"string"},
		{"name":"eventTime","type":{"type":"long","logicalType":"timestamp-millis"}}]}`)
	schema, err := f.Schema()
	if err != nil {
		fmt.Println(err)
		return
	}
	enc, err := avro.NewEncoder[map[string]any](schema)
	if err != nil {
		fmt.Println(err)
		return
	}
	payload, err := enc.AppendEncode(nil, map[string]any{"userId": "u123", "eventTime": int64(1727260800000)})
	if err != nil {
		fmt.Println(err)
		return
	}
	dec, err := avro.NewDecoder[map[string]any](schema, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	var v map[string]any
	if err := dec.Decode(payload, &v); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(v["userId"], v["eventTime"])
	_, err = enc.AppendEncode(nil, map[string]any{"userId": "u123", "eventTime": int64(0), "colour": "red"})
	fmt.Println(err)
	// Output:
	// u123 2024-09-25 10:40:00 +0000 UTC
	// avro: cannot encode: type mismatch: the schema's record has no field "colour"
}
