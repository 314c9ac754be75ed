package avro

import (
	"math"
	"reflect"
)

// record reads the writer's fields in their order, and then sets those of the
// reader's that the writer lacks to their defaults.
func (c *decodeCompiler) record(p *program, w, r *Schema, t reflect.Type, at place, here site) {
	if t.Kind() != reflect.Struct || t == timeType || t == ratType {
		c.misfit(here, "a record needs a struct or map[string]any, not "+t.String())
		return
	}
	info, err := c.structFields(t)
	if err != nil {
		c.misfit(here, err.Error())
		return
	}
	readers, missing := c.pairFields(w, r, here)
	used := make([]bool, len(info.fields))
	target := func(i int) *structField {
		k, ok := structFieldFor(info, r.fields[i].name)
		switch {
		case !ok && !c.config.allowMissing:
			c.misfit(here.field(r.fields[i].name, "", -1, i), "the Go type has no field for it (AllowMissingFields skips such fields)")
			return nil
		case !ok:
			return nil
		case used[k]:
			c.misfit(here.field(r.fields[i].name, info.fields[k].goName, -1, i), "the Go field stands for two fields of the schema")
			return nil
		}
		used[k] = true
		return &info.fields[k]
	}
	for j := range w.fields {
		f := &w.fields[j]
		var subs []*program
		for _, i := range readers[j] {
			g := target(i)
			if g == nil {
				continue
			}
			in := here.field(r.fields[i].name, g.goName, j, i)
			sub := &program{}
			c.goField(sub, t, g, at, in, func(p *program, at place, in site) {
				c.value(p, f.typ, r.fields[i].typ, g.typ, at, in)
			})
			subs = append(subs, sub)
		}
		switch len(subs) {
		case 0:
			c.skip(p, f.typ, here.field(f.name, "", j, -1))
		case 1:
			p.ops = append(p.ops, subs[0].ops...)
		default:
			p.add(op{code: opEach, subs: subs})
		}
	}
	for _, i := range missing {
		f := &r.fields[i]
		g := target(i)
		if g == nil {
			continue
		}
		in := here.field(f.name, g.goName, -1, i)
		sub := &program{}
		c.goField(sub, t, g, at, in, func(p *program, at place, in site) { c.value(p, f.typ, f.typ, g.typ, at, in) })
		p.add(op{code: opDefault, path: in.path, sub: sub, more: &opDetail{data: f.defaultWire}})
	}
	if c.config.allowExtra {
		return
	}
	for k := range info.fields {
		if g := &info.fields[k]; !used[k] {
			extra := here
			extra.goPath += "." + g.goName
			c.misfit(extra, "the schema has no field "+excerpt(g.name)+" (AllowExtraFields leaves such fields out)")
		}
	}
}

// pairFields finds, for each of the writer's fields, the reader's that read it, and
// those of the reader's that the writer lacks.
func (c *decodeCompiler) pairFields(w, r *Schema, here site) (readers [][]int, missing []int) {
	readers = make([][]int, len(w.fields))
	for i := range r.fields {
		f := &r.fields[i]
		j, ambiguous := c.checker.writerField(w, f)
		at := here
		at.pair.reader = at.pair.reader.to("fields").index(i)
		switch {
		case ambiguous:
			c.unresolve(at, AmbiguousAlias, "the reader's field %s, with its aliases, matches two fields of the writer", excerpt(f.name))
		case j >= 0:
			readers[j] = append(readers[j], i)
		case f.defaultJSON == nil:
			c.unresolve(at, ReaderFieldMissingDefaultValue, "the writer has no field %s, and the reader's has no default", excerpt(f.name))
		case f.defaultWire == nil:
			c.unresolve(at, ReaderFieldMissingDefaultValue, "the writer has no field %s, and the reader's default is no value of its type", excerpt(f.name))
		default:
			missing = append(missing, i)
		}
	}
	return readers, missing
}

// goField adds what gen makes for field g of struct t, through the pointers that it
// is embedded by.
func (c *fitCollector) goField(p *program, t reflect.Type, g *structField, at place, here site, gen func(*program, place, site)) {
	at, stop, rest := placeOfIndex(at, t, g.index)
	if stop == nil {
		gen(p, at, here)
		return
	}
	inner := *g
	inner.index = rest
	o := op{code: opEmbedded, at: at, size: stop.Elem().Size(), sub: &program{}, more: &opDetail{typ: stop, elem: stop.Elem()}}
	var top place
	c.goField(o.sub, stop.Elem(), &inner, top, here, gen)
	p.add(o)
}

// skip adds what passes over a datum of w.
func (c *decodeCompiler) skip(p *program, w *Schema, here site) {
	defer c.leave()
	if !c.enter() {
		c.nodes = maxPlanNodes + 1
		return
	}
	o := op{path: here.path, n: -1}
	if n := c.sizes.exactly(w); n >= 0 {
		if last := len(p.ops) - 1; last >= 0 && p.ops[last].code == opSkip && int64(p.ops[last].n)+int64(n) <= math.MaxInt32 {
			p.ops[last].n += n
		} else if n > 0 {
			o.code, o.n = opSkip, n
			p.add(o)
		}
		return
	}
	switch w.kind {
	case Boolean:
		o.code = opSkipBoolean
	case Int:
		o.code = opSkipInt
	case Enum:
		o.code, o.n = opSkipInt, len(w.symbols)
	case Long:
		o.code = opSkipVarint
	case Bytes:
		o.code = opSkipBytes
	case String:
		o.code = opSkipString
	case Record:
		sub := c.skipProgram(w, here.inner())
		const inlined = 8 // beyond, types that are used again and again would multiply
		if len(sub.ops) > inlined || sub.open {
			o.code, o.sub = opCall, sub
			break
		}
		for _, inner := range sub.ops {
			inner.path = joinPath(here.path, inner.path)
			p.add(inner)
		}
		return
	case Array, Map:
		o.code, o.n = opSkipArray, c.sizes.atLeast(w.items)
		o.flag = o.n > 0 && c.sizes.exactly(w.items) == o.n
		if w.kind == Map {
			o.code, o.flag = opSkipMap, false
			o.n++
		}
		o.sub = c.skipProgram(w.items, here.inner())
	case Union:
		o.code = opSkipUnion
		for i, b := range w.branches {
			in := here.inner()
			in.pair.writer = in.pair.writer.index(i)
			o.subs = append(o.subs, c.skipProgram(b, in))
		}
	}
	p.add(o)
}

// skipProgram is the program that passes over a datum of w.
func (c *decodeCompiler) skipProgram(w *Schema, here site) *program {
	if p := c.skips[w]; p != nil {
		return p
	}
	p := &program{open: true}
	c.skips[w] = p
	if w.kind == Record && c.sizes.exactly(w) < 0 {
		for j := range w.fields {
			c.skip(p, w.fields[j].typ, here.field(w.fields[j].name, "", j, -1))
		}
	} else {
		c.skip(p, w, here)
	}
	p.open = false
	return p
}
