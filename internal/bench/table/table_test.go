package main

import (
	"fmt"
	"strings"
	"testing"
)

const sample = `goos: linux
cpu: Some Processor
BenchmarkDecode/Wide/handwritten-shared-2 	 100	 1000 ns/op	 8 B/op	 2 allocs/op
BenchmarkDecode/Wide/concord-2         	 100	 1100 ns/op	 8 B/op	 7 allocs/op
BenchmarkDecode/Wide/handwritten-shared-2 	 100	 3000 ns/op	 8 B/op	 2 allocs/op
BenchmarkDecode/Wide/concord-2         	 100	 1300 ns/op	 8 B/op	 7 allocs/op
BenchmarkDecode/Wide/handwritten-shared-2 	 100	 1004 ns/op	 8 B/op	 2 allocs/op
BenchmarkDecode/Wide/concord-2         	 100	 99.5 ns/op	 8 B/op	 7 allocs/op
BenchmarkDecode/Flat/concord-2         	 100	 52.25 ns/op	 8 B/op	 7 allocs/op
BenchmarkSerialize/concord             	 100	 200 ns/op	 0 B/op	 0 allocs/op
BenchmarkSerialize/confluent-default   	 100	 9000 ns/op	 0 B/op	 3 allocs/op
BenchmarkParallelEncode/concord/goroutines=1-2	 100	 200 ns/op	 0 B/op	 0 allocs/op
PASS
`

func TestMedians(t *testing.T) {
	t.Parallel()
	r := parse(sample)
	if r.cpu != "Some Processor" {
		t.Errorf("processor %q", r.cpu)
	}
	for _, c := range []struct {
		record, cell string
		ns           float64
	}{
		{"Wide", "Decode/handwritten-shared", 1004},
		{"Wide", "Decode/concord", 1100},
		{"Flat", "Decode/concord", 52.25},
		{"UserEvent", "Serialize/confluent-default", 9000},
		{"concord", "ParallelEncode/goroutines=1", 200},
	} {
		w := r.find(c.record, c.cell)
		if w == nil {
			t.Errorf("%s of %s is not found", c.cell, c.record)
		} else if w.ns() != c.ns {
			t.Errorf("%s of %s: %v ns, want %v", c.cell, c.record, w.ns(), c.ns)
		}
	}
	if m := median([]float64{4, 1, 3, 2}); m != 2.5 {
		t.Errorf("median of four: %v", m)
	}
}

func TestTableHasALineARecordAndAColumnACodec(t *testing.T) {
	t.Parallel()
	got := parse(sample).markdown()
	for _, want := range []string{
		"| Decode | handwritten-shared | concord |\n|---|--:|--:|\n| Wide | 1004 (1.00) 2 | 1100 (1.10) 7 |\n| Flat | – | 52.2 (1.00) 7 |\n",
		"| Serialize | concord | confluent-default |\n|---|--:|--:|\n| UserEvent | 200 (1.00) 0 | 9000 (45.00) 3 |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks\n%s\nhas\n%s", want, got)
		}
	}
}

// The worst record decides, and without all records there is no verdict.
func TestTheWorstRecordDecides(t *testing.T) {
	t.Parallel()
	own := map[string]float64{"UserEvent": 100, "Flat": 100, "Wide": 140, "Nested": 100, "Longs": 100, "Unions": 100}
	text := func(skip string) string {
		var b strings.Builder
		for _, record := range six {
			if record == skip {
				continue
			}
			fmt.Fprintf(&b, "BenchmarkEncode/%s/handwritten-2 1 100 ns/op 0 B/op 0 allocs/op\n", record)
			fmt.Fprintf(&b, "BenchmarkEncode/%s/concord-2 1 %v ns/op 0 B/op %v allocs/op\n", record, own[record], own[record]-100)
			fmt.Fprintf(&b, "BenchmarkEncode/%s/twmb-2 1 120 ns/op 0 B/op 0 allocs/op\n", record)
		}
		return b.String()
	}
	for _, c := range []struct {
		bar     bar
		skip    string
		verdict string
		figure  float64
		where   string
	}{
		{atMost("", 1.4, "Encode", "concord", "handwritten", six), "", "met", 1.4, "Wide"},
		{atMost("", 1.3, "Encode", "concord", "handwritten", six), "", "**missed**", 1.4, "Wide"},
		{atMost("", 1.4, "Encode", "concord", "handwritten", six), "Wide", "not measured", 0, ""},
		{atMost("", 1.4, "Encode", "concord-generated", "handwritten", six), "", "not measured", 0, ""},
		{atMost("", 0.9, "Encode", "twmb", "concord", six[1:3]), "", "**missed**", 1.2, "Flat"},
		{atMost("", 0.8, "Encode", "twmb", "concord", six[1:3]), "", "**missed**", 1.2, "Flat; 0.86 Wide"},
		{noAllocations("", "Encode", "concord", six), "", "**missed**", 40, "Wide"},
		{noAllocations("", "Encode", "twmb", six), "", "met", 0, "UserEvent"},
		{faster("", 0.8, "Encode/concord", six, "Encode/twmb", "Encode/hamba"), "", "met", 120.0 / 140, "Wide, Encode/twmb"},
		{faster("", 1, "Encode/concord", six, "Encode/twmb", "Encode/hamba"), "", "**missed**", 120.0 / 140, "Wide, Encode/twmb"},
		{faster("", 1, "Encode/concord", six, "Encode/hamba"), "", "not measured", 0, ""},
		{faster("", 0.8, "Encode/concord", six, "Encode/twmb"), "Longs", "not measured", 0, ""},
	} {
		verdict, figure, where := c.bar.verdict(parse(text(c.skip)))
		if verdict != c.verdict || figure != c.figure || where != c.where {
			t.Errorf("got %s %v %q, want %s %v %q", verdict, figure, where, c.verdict, c.figure, c.where)
		}
	}
}

func TestTwoGoroutinesAreComparedWithOne(t *testing.T) {
	t.Parallel()
	const text = `BenchmarkParallelEncode/handwritten/goroutines=1-2 1 100 ns/op 0 B/op 0 allocs/op
BenchmarkParallelEncode/handwritten/goroutines=2-2 1 50 ns/op 0 B/op 0 allocs/op
BenchmarkParallelEncode/concord/goroutines=1-2 1 150 ns/op 0 B/op 0 allocs/op
BenchmarkParallelEncode/concord/goroutines=2-2 1 100 ns/op 0 B/op 0 allocs/op
`
	if verdict, figure, where := twoCores("", "ParallelEncode").verdict(parse(text)); verdict != "**missed**" || figure != 1.5 || where != "hand-written: 2.00" {
		t.Error(verdict, figure, where)
	}
	if verdict, _, _ := twoCores("", "ParallelDecode").verdict(parse(text)); verdict != "not measured" {
		t.Error(verdict)
	}
}
