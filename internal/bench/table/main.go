// Table turns the output of `go test -bench` on standard input into Markdown: the
// median of the runs of each benchmark, and how many times the first of its group
// it takes.
package main

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

type row struct {
	name          string
	times         []float64 // ns
	bytes, allocs string
}

var line = regexp.MustCompile(`^Benchmark(\w+)/(\S+?)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op\s+(\d+) B/op\s+(\d+) allocs/op`)

func main() {
	var order []string
	groups := make(map[string][]*row)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		m := line.FindStringSubmatch(in.Text())
		if m == nil {
			continue
		}
		if groups[m[1]] == nil {
			order = append(order, m[1])
		}
		i := slices.IndexFunc(groups[m[1]], func(r *row) bool { return r.name == m[2] })
		if i < 0 {
			i = len(groups[m[1]])
			groups[m[1]] = append(groups[m[1]], &row{name: m[2]})
		}
		ns, err := strconv.ParseFloat(m[3], 64)
		if err != nil {
			continue
		}
		r := groups[m[1]][i]
		r.times, r.bytes, r.allocs = append(r.times, ns), m[4], m[5]
	}
	if len(order) == 0 {
		fmt.Fprintln(os.Stderr, "table: no benchmark on standard input")
		os.Exit(1)
	}
	for _, g := range order {
		rows := groups[g]
		fmt.Printf("| %s | ns/op | × | B/op | allocs/op |\n|---|--:|--:|--:|--:|\n", strings.ToLower(g))
		first := median(rows[0].times)
		for _, r := range rows {
			ns := median(r.times)
			fmt.Printf("| %s | %.0f | %.2f | %s | %s |\n", r.name, ns, ns/first, r.bytes, r.allocs)
		}
		fmt.Println()
	}
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}
