package main

import (
	"fmt"
	"slices"
	"strings"
)

// markdown has a table an operation, a line a record and a column a codec. A cell is the
// median time, how many times the line's first it is, and the allocations.
func (r *results) markdown() string {
	var b strings.Builder
	if r.cpu != "" {
		fmt.Fprintf(&b, "%s, %d runs of each. ", r.cpu, len(r.groups[0].rows[0].times))
	}
	b.WriteString("Cells: median ns/op (times the first of the line) allocs/op.\n")
	var operations []string
	for _, g := range r.groups {
		if o := g.operation(); !slices.Contains(operations, o) {
			operations = append(operations, o)
		}
	}
	for _, o := range operations {
		r.table(&b, o)
	}
	return b.String()
}

// operation is what stands before the record in the group's name.
func (g *group) operation() string { o, _, _ := strings.Cut(g.name, "/"); return o }

// record is what stands behind it; where there is none it is the event.
func (g *group) record() string {
	if _, record, ok := strings.Cut(g.name, "/"); ok {
		return record
	}
	return "UserEvent"
}

func (r *results) table(b *strings.Builder, operation string) {
	var columns []string
	for _, g := range r.groups {
		for _, w := range g.rows {
			if g.operation() == operation && !slices.Contains(columns, w.name) {
				columns = append(columns, w.name)
			}
		}
	}
	fmt.Fprintf(b, "\n| %s | %s |\n|---|%s\n", operation, strings.Join(columns, " | "), strings.Repeat("--:|", len(columns)))
	for _, g := range r.groups {
		if g.operation() != operation {
			continue
		}
		fmt.Fprintf(b, "| %s |", g.record())
		for _, c := range columns {
			if w := g.row(c); w != nil {
				fmt.Fprintf(b, " %s (%.2f) %.0f |", duration(w.ns()), w.ns()/g.rows[0].ns(), median(w.allocs))
			} else {
				b.WriteString(" – |")
			}
		}
		b.WriteByte('\n')
	}
}

func duration(ns float64) string {
	if ns < 100 {
		return fmt.Sprintf("%.1f", ns)
	}
	return fmt.Sprintf("%.0f", ns)
}
