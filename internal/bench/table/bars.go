package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// bar is a figure that concord has to reach.
type bar struct {
	what string
	// figures has one for each record that the bar is about; none when something of it
	// was not measured.
	figures func(*results) []figure
	limit   float64
	least   bool // limit is the least and not the most
}

type figure struct {
	value float64
	where string
}

var (
	six   = []string{"UserEvent", "Flat", "Wide", "Nested", "Longs", "Unions"}
	event = []string{"UserEvent"}
	both  = []string{"UserEvent", "WithMap"} // of Protobuf
)

// bars are all of them.
var bars = []bar{
	atMost("encode, generated, to hand-written", 1.15, "Encode", "concord-generated", "handwritten", six),
	noAllocations("encode, generated, allocations", "Encode", "concord-generated", six),
	atMost("encode, plan, to hand-written", 1.8, "Encode", "concord", "handwritten", six),
	noAllocations("encode, plan, allocations", "Encode", "concord", six),
	faster("encode, plan, faster than twmb", 1, "Encode/concord", six, "Encode/twmb"),

	atMost("decode, generated, to hand-written with the same strings", 1.15, "Decode", "concord-generated", "handwritten-shared", six),
	atMost("decode, plan, to hand-written with the same strings", 1.4, "Decode", "concord", "handwritten-shared", six),
	atMost("decode in place, plan, to hand-written in place", 1.4, "DecodeInPlace", "concord", "handwritten", six),
	faster("decode, plan, faster than every peer", 1, "Decode/concord", six, "Decode/twmb", "Decode/hamba"),
	faster("decode in place, plan, faster than twmb in place", 1, "DecodeInPlace/concord", six, "DecodeInPlace/twmb"),
	faster("decode, fastest safe mode (into used memory), than the better of hamba and twmb there", 1.8, "DecodeReusing/concord", event, "DecodeReusing/twmb", "DecodeReusing/hamba"),

	{"resolve, to the same data without", ratios(six, "Resolve/concord", "Decode/concord"), 1.25, false},
	faster("resolve, than the best peer", 1.8, "Resolve/concord", six, "Resolve/twmb", "Resolve/hamba"),
	faster("resolve into used memory, than the best peer", 1.8, "ResolveReusing/concord", six, "ResolveReusing/twmb", "ResolveReusing/hamba"),
	faster("resolve, whole, than Confluent", 25, "DeserializeResolving/concord", event, "DeserializeResolving/confluent"),

	{"serializer, to the codec", ratios(event, "Serialize/concord", "Serialize/concord-codec"), 1.2, false},
	faster("serializer, plan, than Confluent's default", 40, "Serialize/concord", event, "Serialize/confluent-default"),
	faster("serializer, generated, than Confluent's default", 70, "Serialize/concord-generated", event, "Serialize/confluent-default"),
	{"serializer, generated, to the generated code", ratios(event, "Serialize/concord-generated", "Serialize/concord-generated-codec"), 1.2, false},
	{"deserializer, to the codec", ratios(event, "Deserialize/concord", "Deserialize/concord-codec"), 1.15, false},
	{"deserializer, generated, to the generated code", ratios(event, "Deserialize/concord-generated", "Deserialize/concord-generated-codec"), 1.15, false},

	twoCores("two goroutines, encode", "ParallelEncode"),
	twoCores("two goroutines, decode", "ParallelDecode"),

	faster("dynamic, goavro's form, than goavro", 1, "Dynamic/concord-dynamic", six, "Dynamic/goavro"),
	faster("dynamic, plain form, than twmb, goavro and hamba", 1, "Dynamic/concord-plain", six, "Dynamic/twmb", "Dynamic/goavro", "Dynamic/hamba"),

	{"compile (writer, reader, T), µs", compileTime, 100, false},

	atMost("Protobuf: serialize, to proto.MarshalAppend", 1.1, "ProtobufSerialize", "concord", "proto", both),
	noAllocations("Protobuf: serialize, allocations", "ProtobufSerialize", "concord", event),
	faster("Protobuf: serialize, than Confluent's default", 100, "ProtobufSerialize/concord", event, "ProtobufSerialize/confluent-default"),
	atMost("Protobuf: deserialize, to proto.Unmarshal", 1.1, "ProtobufDeserialize", "concord", "proto", both),
	moreAllocations("Protobuf: deserialize, allocations beyond proto.Unmarshal's", "ProtobufDeserialize", "concord", "proto", both),
	atMost("Protobuf: dynamic, to dynamicpb", 1.1, "ProtobufDynamic", "concord", "dynamicpb", both),
	faster("Protobuf: dynamic by hyperpb, than dynamicpb", 3, "ProtobufDynamic/concord-hyperpb", both, "ProtobufDynamic/dynamicpb"),

	atMost("JSON: serialize unchecked, to the encoder", 1.1, "JSONSerialize", "concord-unchecked", "encoder", event),
	atMost("JSON: serialize, checked on the fast path, to the encoder", 2, "JSONSerialize", "concord", "encoder", event),
	faster("JSON: serialize, checked, than Confluent's default with validation", 30, "JSONSerialize/concord", event, "JSONSerialize/confluent-default"),
	atMost("JSON: serialize, checked outside the fast path, to encoder, parser and engine", 1.1, "JSONSerialize", "concord-engine", "encoder-engine", event),
	atMost("JSON: deserialize, checked on the fast path, to the decoder", 1.6, "JSONDeserialize", "concord", "decoder", event),
}

// find is the cell Operation/codec of a record.
func (r *results) find(record, cell string) *row {
	operation, codec, _ := strings.Cut(cell, "/")
	if w := r.group(operation + "/" + record).row(codec); w != nil {
		return w
	}
	return r.group(operation).row(codec)
}

// ratios is how many times of's time over takes.
func ratios(records []string, over, of string) func(*results) []figure {
	return func(r *results) (all []figure) {
		for _, record := range records {
			a, b := r.find(record, over), r.find(record, of)
			if a == nil || b == nil {
				return nil
			}
			all = append(all, figure{a.ns() / b.ns(), record})
		}
		return all
	}
}

func atMost(what string, limit float64, operation, codec, base string, records []string) bar {
	return bar{what, ratios(records, operation+"/"+codec, operation+"/"+base), limit, false}
}

// faster: the best peer that has it takes at least limit times as long.
func faster(what string, limit float64, cell string, records []string, peers ...string) bar {
	return bar{what, func(r *results) (all []figure) {
		for _, record := range records {
			own, best := r.find(record, cell), figure{value: math.Inf(1)}
			for _, p := range peers {
				peer := r.find(record, p)
				if own == nil || peer == nil {
					continue
				}
				if q := peer.ns() / own.ns(); q < best.value {
					best = figure{q, record + ", " + p}
				}
			}
			if best.where == "" {
				return nil
			}
			all = append(all, best)
		}
		return all
	}, limit, true}
}

func noAllocations(what, operation, codec string, records []string) bar {
	return bar{what, func(r *results) (all []figure) {
		for _, record := range records {
			w := r.find(record, operation+"/"+codec)
			if w == nil {
				return nil
			}
			all = append(all, figure{median(w.allocs), record})
		}
		return all
	}, 0, false}
}

// moreAllocations is how many more allocations one codec makes than another.
func moreAllocations(what, operation, codec, base string, records []string) bar {
	return bar{what, func(r *results) (all []figure) {
		for _, record := range records {
			w, of := r.find(record, operation+"/"+codec), r.find(record, operation+"/"+base)
			if w == nil || of == nil {
				return nil
			}
			all = append(all, figure{median(w.allocs) - median(of.allocs), record})
		}
		return all
	}, 0, false}
}

// twoCores: what hand-written code gains is the most that the machine gives.
func twoCores(what, operation string) bar {
	gain := func(r *results, codec string) float64 {
		one, two := r.find(codec, operation+"/goroutines=1"), r.find(codec, operation+"/goroutines=2")
		if one == nil || two == nil {
			return 0
		}
		return one.ns() / two.ns()
	}
	return bar{what, func(r *results) []figure {
		own, control := gain(r, "concord"), gain(r, "handwritten")
		if own == 0 || control == 0 {
			return nil
		}
		return []figure{{own, fmt.Sprintf("hand-written: %.2f", control)}}
	}, 1.9, true}
}

func compileTime(r *results) []figure {
	w := r.find("UserEvent", "Compile/concord")
	if w == nil {
		return nil
	}
	return []figure{{w.ns() / 1000, "UserEvent"}}
}

// verdict is met, **missed** or "not measured", with the worst figure and where it is;
// the others that miss stand behind it.
func (b bar) verdict(r *results) (verdict string, worst float64, where string) {
	all := b.figures(r)
	if len(all) == 0 {
		return "not measured", 0, ""
	}
	slices.SortStableFunc(all, func(x, y figure) int {
		if b.least {
			return cmp.Compare(x.value, y.value)
		}
		return cmp.Compare(y.value, x.value)
	})
	worst, where = all[0].value, all[0].where
	if !b.misses(worst) {
		return "met", worst, where
	}
	for _, f := range all[1:] {
		if b.misses(f.value) {
			where += fmt.Sprintf("; %.2f %s", f.value, f.where)
		}
	}
	return "**missed**", worst, where
}

func (b bar) misses(value float64) bool {
	if b.least {
		return value < b.limit
	}
	return value > b.limit
}

func (r *results) verdicts() string {
	var b strings.Builder
	b.WriteString("\n| bar | limit | worst | where | |\n|---|--:|--:|---|---|\n")
	for _, c := range bars {
		sign, reached := "≤", ""
		if c.least {
			sign = "≥"
		}
		verdict, worst, where := c.verdict(r)
		if verdict != "not measured" {
			reached = fmt.Sprintf("%.2f", worst)
		}
		fmt.Fprintf(&b, "| %s | %s %v | %s | %s | %s |\n", c.what, sign, c.limit, reached, where, verdict)
	}
	return b.String()
}
