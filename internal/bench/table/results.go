package main

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// results are measurements by operation and record, such as Decode/Wide, or by operation
// alone, and there by codec.
type results struct {
	groups []*group
	cpu    string
}

type group struct {
	name string
	rows []*row
}

type row struct {
	name                 string
	times, bytes, allocs []float64 // a figure a run
}

func (r *row) ns() float64 { return median(r.times) }

var (
	line = regexp.MustCompile(`^Benchmark(\S+)/(\S+?)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op\s+(\d+) B/op\s+(\d+) allocs/op`)
	cpu  = regexp.MustCompile(`(?m)^cpu: (.*)$`)
)

func parse(text string) *results {
	r := new(results)
	if m := cpu.FindStringSubmatch(text); m != nil {
		r.cpu = m[1]
	}
	for l := range strings.Lines(text) {
		m := line.FindStringSubmatch(l)
		if m == nil {
			continue
		}
		w := r.add(m[1], m[2])
		w.times, w.bytes, w.allocs = append(w.times, number(m[3])), append(w.bytes, number(m[4])), append(w.allocs, number(m[5]))
	}
	return r
}

// number is what the pattern took for one.
func number(s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		panic(err)
	}
	return f
}

func (r *results) add(groupName, rowName string) *row {
	g := r.group(groupName)
	if g == nil {
		g = &group{name: groupName}
		r.groups = append(r.groups, g)
	}
	w := g.row(rowName)
	if w == nil {
		w = &row{name: rowName}
		g.rows = append(g.rows, w)
	}
	return w
}

func (r *results) group(name string) *group {
	if i := slices.IndexFunc(r.groups, func(g *group) bool { return g.name == name }); i >= 0 {
		return r.groups[i]
	}
	return nil
}

func (g *group) row(name string) *row {
	if g == nil {
		return nil
	}
	if i := slices.IndexFunc(g.rows, func(w *row) bool { return w.name == name }); i >= 0 {
		return g.rows[i]
	}
	return nil
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}
