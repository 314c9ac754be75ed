package main

import (
	"fmt"
	"math"
	"strings"
)

// bar is a figure that concord has to reach.
type bar struct {
	what string
	// figure is the worst figure over all that the bar is about, and where that is; ok
	// is false when something of it was not measured.
	figure func(*results) (worst float64, where string, ok bool)
	limit  float64
	least  bool // limit is the least and not the most
}

var (
	six   = []string{"UserEvent", "Flat", "Wide", "Nested", "Longs", "Unions"}
	event = []string{"UserEvent"}
)

// bars are all of them. Generated code is measured as soon as it is a codec.
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
	faster("decode in place, than the better of hamba and twmb (in place, too)", 1.8, "DecodeInPlace/concord", event, "Decode/twmb", "Decode/hamba", "DecodeInPlace/twmb"),
	faster("decode into used memory, than the better of hamba and twmb there", 1.8, "DecodeReusing/concord", event, "DecodeReusing/twmb", "DecodeReusing/hamba"),

	{"resolve, to the same data without", ratios(six, "Resolve/concord", "Decode/concord"), 1.25, false},
	faster("resolve, than the best peer", 1.8, "Resolve/concord", six, "Resolve/twmb", "Resolve/hamba"),
	faster("resolve, whole, than Confluent", 25, "DeserializeResolving/concord", event, "DeserializeResolving/confluent"),

	{"serializer, to the codec", ratios(event, "Serialize/concord", "Serialize/concord-codec"), 1.2, false},
	faster("serializer, plan, than Confluent's default", 40, "Serialize/concord", event, "Serialize/confluent-default"),
	faster("serializer, generated, than Confluent's default", 70, "Serialize/concord-generated", event, "Serialize/confluent-default"),
	{"deserializer, to the codec", ratios(event, "Deserialize/concord", "Deserialize/concord-codec"), 1.15, false},

	twoCores("two goroutines, encode", "ParallelEncode"),
	twoCores("two goroutines, decode", "ParallelDecode"),

	faster("dynamic, goavro's form, than twmb, goavro and hamba", 1, "Dynamic/concord-dynamic", six, "Dynamic/twmb", "Dynamic/goavro", "Dynamic/hamba"),
	faster("dynamic, plain form, than twmb, goavro and hamba", 1, "Dynamic/concord-plain", six, "Dynamic/twmb", "Dynamic/goavro", "Dynamic/hamba"),

	{"compile (writer, reader, T), µs", compileTime, 100, false},
}

// find is the cell Operation/codec of a record.
func (r *results) find(record, cell string) *row {
	operation, codec, _ := strings.Cut(cell, "/")
	if w := r.group(operation + "/" + record).row(codec); w != nil {
		return w
	}
	return r.group(operation).row(codec)
}

// ratios is how many times of's time over takes, at its greatest.
func ratios(records []string, over, of string) func(*results) (float64, string, bool) {
	return func(r *results) (float64, string, bool) {
		worst, where := 0.0, ""
		for _, record := range records {
			a, b := r.find(record, over), r.find(record, of)
			if a == nil || b == nil {
				return 0, "", false
			}
			if q := a.ns() / b.ns(); q > worst {
				worst, where = q, record
			}
		}
		return worst, where, true
	}
}

func atMost(what string, limit float64, operation, codec, base string, records []string) bar {
	return bar{what, ratios(records, operation+"/"+codec, operation+"/"+base), limit, false}
}

// faster: each peer that was measured takes at least limit times as long.
func faster(what string, limit float64, cell string, records []string, peers ...string) bar {
	return bar{what, func(r *results) (float64, string, bool) {
		worst, where := math.Inf(1), ""
		for _, record := range records {
			own, found := r.find(record, cell), false
			for _, p := range peers {
				peer := r.find(record, p)
				if own == nil || peer == nil {
					continue // a peer may not have it
				}
				found = true
				if q := peer.ns() / own.ns(); q < worst {
					worst, where = q, record+", "+p
				}
			}
			if !found {
				return 0, "", false
			}
		}
		return worst, where, true
	}, limit, true}
}

func noAllocations(what, operation, codec string, records []string) bar {
	return bar{what, func(r *results) (float64, string, bool) {
		worst, where := 0.0, ""
		for _, record := range records {
			w := r.find(record, operation+"/"+codec)
			if w == nil {
				return 0, "", false
			}
			if n := median(w.allocs); n > worst {
				worst, where = n, record
			}
		}
		return worst, where, true
	}, 0, false}
}

// twoCores: what hand-written code gains is the most that the machine gives.
func twoCores(what, operation string) bar {
	gain := func(r *results, codec string) (float64, bool) {
		one, two := r.find(codec, operation+"/goroutines=1"), r.find(codec, operation+"/goroutines=2")
		if one == nil || two == nil {
			return 0, false
		}
		return one.ns() / two.ns(), true
	}
	return bar{what, func(r *results) (float64, string, bool) {
		own, ok := gain(r, "concord")
		control, known := gain(r, "handwritten")
		return own, fmt.Sprintf("hand-written: %.2f", control), ok && known
	}, 1.9, true}
}

func compileTime(r *results) (float64, string, bool) {
	w := r.find("UserEvent", "Compile/concord")
	if w == nil {
		return 0, "", false
	}
	return w.ns() / 1000, "UserEvent", true
}

// verdict is met, MISSED or "not measured".
func (b bar) verdict(r *results) (verdict string, figure float64, where string) {
	figure, where, ok := b.figure(r)
	switch {
	case !ok:
		return "not measured", 0, ""
	case b.least && figure >= b.limit, !b.least && figure <= b.limit:
		return "met", figure, where
	}
	return "**missed**", figure, where
}

func (r *results) verdicts() string {
	var b strings.Builder
	b.WriteString("\n| bar | limit | worst | where | |\n|---|--:|--:|---|---|\n")
	for _, c := range bars {
		sign, reached := "≤", ""
		if c.least {
			sign = "≥"
		}
		verdict, figure, where := c.verdict(r)
		if verdict != "not measured" {
			reached = fmt.Sprintf("%.2f", figure)
		}
		fmt.Fprintf(&b, "| %s | %s %v | %s | %s | %s |\n", c.what, sign, c.limit, reached, where, verdict)
	}
	return b.String()
}
