package avrogen

import "strings"

// edges calls yield for each record that a value holds without another record between;
// inPlace says that it is part of the value's own memory.
func (v *Value) edges(inPlace bool, yield func(r *Record, inPlace bool)) {
	switch v.Shape {
	case RecordValue:
		yield(v.Record, inPlace)
	case Single:
		v.Elem.edges(inPlace, yield)
	case Optional, OptionalNil, Array, Map:
		v.Elem.edges(false, yield)
	case UnionValue:
		for _, b := range v.Union.Branches {
			b.Value.edges(false, yield)
		}
	}
}

// recursion finds the records that may hold others of their own type, which are those
// of a strongly connected part of the graph (Tarjan), and refuses those that must.
func (b *builder) recursion(p *Package) {
	g := graph{nodes: make(map[*Record]*node)}
	sources := make(map[*Record]*loaded)
	var all []*Record
	for _, f := range p.Files {
		for _, t := range f.Types {
			if r, ok := t.(*Record); ok {
				all, sources[r] = append(all, r), b.sources[f]
			}
		}
	}
	for _, r := range all {
		if g.nodes[r] == nil {
			g.connect(r)
		}
	}
	done := make(map[*Record]bool)
	for _, r := range all {
		if cycle := endless(r, done, nil); cycle != nil {
			b.errs = append(b.errs, &Error{Source: sources[r].Name, At: r.Schema.Name().String(),
				Reason: "a value would hold another of its own type without end (" + strings.Join(cycle, ", ") + "): make a field on the way optional, a union with null"})
		}
	}
}

type node struct {
	index, low int
	open       bool
}

type graph struct {
	nodes map[*Record]*node
	stack []*Record
}

func (g *graph) connect(r *Record) *node {
	n := &node{index: len(g.nodes), low: len(g.nodes), open: true}
	g.nodes[r] = n
	g.stack = append(g.stack, r)
	for _, f := range r.Fields {
		f.Value.edges(true, func(to *Record, _ bool) {
			if to == r {
				r.Recursive = true
			}
			switch m := g.nodes[to]; {
			case m == nil:
				n.low = min(n.low, g.connect(to).low)
			case m.open:
				n.low = min(n.low, m.index)
			}
		})
	}
	if n.low == n.index {
		for several := false; ; several = true {
			last := g.stack[len(g.stack)-1]
			g.stack = g.stack[:len(g.stack)-1]
			g.nodes[last].open = false
			last.Recursive = last.Recursive || several || last != r
			if last == r {
				return n
			}
		}
	}
	return n
}

// endless is the way from r, through fields in place, back to r or to a record on the
// way; nil when there is none, or it was told before.
func endless(r *Record, done map[*Record]bool, way []*Record) (cycle []string) {
	for i, on := range way {
		if on == r {
			for _, part := range way[i:] {
				cycle = append(cycle, part.Schema.Name().String())
			}
			return cycle
		}
	}
	if done[r] {
		return nil
	}
	for _, f := range r.Fields {
		f.Value.edges(true, func(to *Record, inPlace bool) {
			if inPlace && cycle == nil {
				cycle = endless(to, done, append(way, r))
			}
		})
	}
	done[r] = true
	return cycle
}
