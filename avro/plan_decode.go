package avro

import (
	"fmt"
	"reflect"
	"slices"
)

// decodeCompiler turns (writer, reader, Go type) into a program.
type decodeCompiler struct {
	fitCollector
	config     *decodeConfig
	checker    checker // finds the writer's field of a reader's
	unresolved []Incompatibility
	programs   map[decodeKey]*program
	skips      map[*Schema]*program
	dynamics   map[typePair]*dynamicNode
}

type decodeKey struct {
	writer, reader *Schema
	typ            reflect.Type
}

// compileDecode compiles the plan that reads data of writer into a t as reader has it.
func compileDecode(writer, reader *Schema, t reflect.Type, config *decodeConfig) (*program, error) {
	c := &decodeCompiler{
		fitCollector: fitCollector{unions: config.unions},
		config:       config,
		checker:      checker{fields: make(map[*Schema]map[string]int), results: make(map[typePair]*pairResult)},
		programs:     make(map[decodeKey]*program),
		skips:        make(map[*Schema]*program),
		dynamics:     make(map[typePair]*dynamicNode),
	}
	p := &program{}
	var top place
	c.value(p, writer, reader, t, top, site{goPath: t.String()})
	switch {
	case c.nodes > maxPlanNodes:
		return nil, errPlanTooLarge
	case len(c.unresolved) > 0:
		return nil, &ResolveError{c.unresolved}
	case len(c.mismatches) > 0:
		return nil, &FitError{t.String(), c.mismatches}
	}
	return p, nil
}

func (c *decodeCompiler) unresolve(at site, kind IncompatibilityKind, format string, args ...any) {
	path := func(p *path) string {
		if p == nil {
			return "/"
		}
		return p.String()
	}
	c.unresolved = append(c.unresolved, Incompatibility{kind, path(at.pair.reader), path(at.pair.writer), fmt.Sprintf(format, args...)})
}

// value adds what reads a datum of w, as r has it, into the t at place at.
func (c *decodeCompiler) value(p *program, w, r *Schema, t reflect.Type, at place, here site) {
	defer c.leave()
	if !c.enter() {
		c.nodes = maxPlanNodes + 1
		return
	}
	switch conversion := c.config.conversions[t]; {
	case conversion != nil:
		sub := &program{}
		var top place
		c.value(sub, w, r, conversion.to, top, here.inner())
		p.add(op{code: opConvert, at: at, path: here.path, sub: sub, more: &opDetail{conversion: conversion}})
	case isEmptyInterface(t) && c.unions[t] == nil:
		n := c.dynamic(w, r, here)
		p.add(op{code: opDynamic, at: at, path: here.path, more: &opDetail{dynamic: n}})
	case t == dynamicType && w.kind == Record && r.kind == Record:
		n := c.dynamic(w, r, here)
		p.add(op{code: opDynamicRecord, at: at, path: here.path, more: &opDetail{dynamic: n}})
	case w.kind == Union:
		c.writerUnion(p, w, r, t, at, here)
	case r.kind == Union:
		c.readerUnion(p, w, r, t, at, here)
	case c.unions[t] != nil && r.kind != Null:
		c.interfaceValue(p, w, r, c.unions[t], at, here)
	case t.Kind() == reflect.Pointer && r.kind != Null:
		if t.Elem().Kind() == reflect.Pointer {
			c.misfit(here, "a pointer to a pointer has no meaning")
			return
		}
		p.add(op{
			code: opPointer, at: at, path: here.path, size: t.Elem().Size(), sub: c.subprogram(w, r, t.Elem(), here.inner()),
			more: &opDetail{typ: t, elem: t.Elem()},
		})
	default:
		c.plain(p, w, r, t, at, here)
	}
}

// subprogram is the program for a value in memory of its own. There is one for each
// (writer, reader, type) with a record, and it may contain itself.
func (c *decodeCompiler) subprogram(w, r *Schema, t reflect.Type, here site) *program {
	key := decodeKey{w, r, t}
	if w.kind != Record {
		p := &program{}
		var top place
		c.value(p, w, r, t, top, here)
		return p
	}
	if p := c.programs[key]; p != nil {
		c.unresolved = append(c.unresolved, p.unresolved...)
		return p
	}
	p := &program{}
	c.programs[key] = p
	outer := c.unresolved
	c.unresolved = nil
	var top place
	c.value(p, w, r, t, top, here)
	p.unresolved = c.unresolved
	c.unresolved = append(outer, p.unresolved...)
	if len(p.unresolved) > 0 {
		// Another program that was compiled while this one was may call it.
		p.ops = []op{{code: opFail, more: &opDetail{reasons: []string{p.unresolved[0].String()}}}}
	}
	return p
}

// attempt compiles one of several possibilities. What cannot be resolved in it is
// returned rather than collected.
func (c *decodeCompiler) attempt(w, r *Schema, t reflect.Type, at place, here site) (*program, []Incompatibility) {
	outer, misfits := c.unresolved, len(c.mismatches)
	c.unresolved = nil
	p := &program{}
	c.value(p, w, r, t, at, here)
	reasons := c.unresolved
	c.unresolved = outer
	if len(reasons) > 0 {
		for _, m := range c.mismatches[misfits:] {
			delete(c.seen, m)
		}
		c.mismatches = c.mismatches[:misfits]
	}
	return p, reasons
}

// writerUnion: the data says which branch was written. One that the reader cannot
// read is an error only when the data takes it (Avro 1.12, "Schema Resolution").
func (c *decodeCompiler) writerUnion(p *program, w, r *Schema, t reflect.Type, at place, here site) {
	u := op{code: opUnion, at: at, path: here.path, subs: make([]*program, len(w.branches)), more: &opDetail{reasons: make([]string, len(w.branches))}}
	var all []Incompatibility
	good := 0
	for i, b := range w.branches {
		branch := here.inner()
		branch.pair.writer = branch.pair.writer.index(i)
		sub, reasons := c.attempt(b, r, t, at, branch)
		if len(reasons) > 0 {
			all = append(all, reasons...)
			u.more.reasons[i] = "the data takes a branch that the reader cannot read: " + reasons[0].String()
			continue
		}
		u.subs[i] = sub
		good++
	}
	if good == 0 {
		if len(w.branches) == 0 {
			c.unresolve(here, TypeMismatch, "the writer's union has no branches")
		}
		c.unresolved = append(c.unresolved, all...)
		return
	}
	p.add(nullable(u, t))
}

// nullable makes the common case, null or a pointer, one operation.
func nullable(u op, t reflect.Type) op {
	if len(u.subs) != 2 || t.Kind() != reflect.Pointer {
		return u
	}
	for i, null := range u.subs {
		other := u.subs[1-i]
		if null == nil || other == nil || len(null.ops) != 1 || len(other.ops) != 1 || null.ops[0].code != opZero || other.ops[0].code != opPointer {
			continue
		}
		n := other.ops[0]
		n.code, n.null, n.path = opNullable, uint8(i), u.path
		return n
	}
	return u
}

// readerUnion: w is no union. The first branch of the same type counts, else the
// first that w can be promoted to.
func (c *decodeCompiler) readerUnion(p *program, w, r *Schema, t reflect.Type, at place, here site) {
	others := 0
	for _, b := range r.branches {
		if b.kind != Null {
			others++
		}
	}
	union := c.unions[t]
	switch hasNull := others < len(r.branches); {
	case union != nil:
	case others > 1:
		c.misfit(here, "a union of several types needs a field of type any, or of an interface that stands for it (UnionOf)")
		return
	case hasNull && !canBeNil(t) && !isNullStruct(t) && t.Size() > 0:
		c.misfit(here, "null needs a pointer, a slice, a map or any; the Go type is "+t.String())
		return
	}
	var first []Incompatibility
	for _, i := range c.unionCandidates(w, r) {
		b := r.branches[i]
		branch := here
		branch.pair.reader = branch.pair.reader.index(i)
		if b.kind == Null {
			p.add(op{code: opZero, at: at, path: here.path, more: &opDetail{typ: t}})
			return
		}
		inner, innerAt := t, at
		null := others < len(r.branches) && isNullStruct(t)
		if null {
			inner, innerAt = t.Field(0).Type, at.within(t, 0)
		}
		sub, reasons := c.attempt(w, b, inner, innerAt, branch)
		if len(reasons) == 0 {
			if null {
				p.add(op{code: opValid, at: at.within(t, 1)})
			}
			p.ops = append(p.ops, sub.ops...)
			return
		}
		if first == nil {
			first = reasons
		}
	}
	if first == nil {
		c.unresolve(here, MissingUnionBranch, "no branch of the reader's union reads the writer's %s", describe(w))
	}
	c.unresolved = append(c.unresolved, first...)
}

// unionCandidates are the branches of the reader's union r that may read w, the best first.
func (c *decodeCompiler) unionCandidates(w, r *Schema) []int {
	var found []int
	add := func(matches func(b *Schema) bool) {
		for i, b := range r.branches {
			if matches(b) && !slices.Contains(found, i) {
				found = append(found, i)
			}
		}
	}
	add(func(b *Schema) bool { return b.kind == w.kind && (!w.kind.isNamed() || b.name == w.name) })
	add(func(b *Schema) bool { return b.kind == w.kind && namesMatch(w, b) })
	if len(found) > 1 {
		// Several of the name: one that reads all the data before one that may not.
		whole := slices.IndexFunc(found, func(i int) bool { return !c.checker.probe(w, r.branches[i], pairPlace{}).fails() })
		if whole > 0 {
			found[0], found[whole] = found[whole], found[0]
		}
	}
	add(func(b *Schema) bool { return c.promotes(w.kind, b.kind) })
	return found
}

// plain: neither w nor r is a union, and t is no pointer.
func (c *decodeCompiler) plain(p *program, w, r *Schema, t reflect.Type, at place, here site) {
	if !c.matches(w, r, here) {
		return
	}
	switch r.kind {
	case Null:
		p.add(op{code: opZero, at: at, path: here.path, more: &opDetail{typ: t}})
		if !canBeNil(t) && t.Size() > 0 {
			c.misfit(here, "null needs a pointer, a slice, a map, any or struct{}")
		}
	case Record:
		c.record(p, w, r, t, at, here)
	case Array:
		c.array(p, w, r, t, at, here)
	case Map:
		c.mapping(p, w, r, t, at, here)
	default:
		o, reason := c.leaf(w, r, t)
		if reason != "" {
			c.misfit(here, reason)
		}
		o.at, o.path = at, here.path
		p.add(o)
	}
}

// matches checks what can be said of w and r without their inner types.
func (c *decodeCompiler) matches(w, r *Schema, here site) bool {
	switch {
	case w.kind != r.kind:
		if !c.promotes(w.kind, r.kind) {
			c.unresolve(here, TypeMismatch, "reader type %s cannot read writer type %s", describe(r), describe(w))
			return false
		}
	case w.kind.isNamed() && !namesMatch(w, r):
		c.unresolve(here, NameMismatch, "the writer's is named %s, the reader's %s", excerpt(w.name.String()), excerpt(r.name.String()))
		return false
	case w.kind == Fixed && w.size != r.size:
		c.unresolve(here, FixedSizeMismatch, "the writer's has %d bytes, the reader's %d", w.size, r.size)
		return false
	}
	if _, ok := scaleBetween(w.logical.Type, r.logical.Type); !ok {
		c.unresolve(here, TypeMismatch, "reader type %s cannot read writer type %s", r.logical.Type, w.logical.Type)
		return false
	}
	return true
}

// promotes is the specification's promotion, and what [AllowNarrowing] adds.
func (c *decodeCompiler) promotes(w, r Kind) bool {
	return promotes(w, r) || c.config.allowNarrowing && w == Long && r == Int
}

func (c *decodeCompiler) array(p *program, w, r *Schema, t reflect.Type, at place, here site) {
	if t.Kind() != reflect.Slice && t.Kind() != reflect.Array {
		c.misfit(here, "an array needs a slice, not "+t.String())
		return
	}
	o := op{at: at, path: here.path, n: c.sizes.atLeast(w.items), size: t.Elem().Size(), more: &opDetail{typ: t, elem: t.Elem()}}
	o.sub = c.subprogram(w.items, r.items, t.Elem(), here.elements("items"))
	o.code = opSlice
	if t.Kind() == reflect.Array {
		o.code = opArray
	} else {
		o.more.empty = reflect.MakeSlice(t, 0, 0)
		o.code = fusedSlice(o.sub, t, o.n)
		if o.flag = w.items.kind == Int; o.code == opSlice {
			o.flag = isDynamic(o.sub) && sameLayout(t, reflect.TypeFor[[]any]())
		}
	}
	p.add(o)
}

// fusedSlice is the loop for a slice whose items are one simple operation.
func fusedSlice(sub *program, t reflect.Type, size int) opcode {
	if len(sub.ops) != 1 || size == 0 {
		return opSlice
	}
	// The element's kind is looked at first: the program of a struct may not be complete yet.
	code := sub.ops[0].code
	switch k := t.Elem().Kind(); {
	case k == reflect.String && code == opString && sameLayout(t, reflect.TypeFor[[]string]()):
		return opStrings
	case k == reflect.Int32 && code == opInt32 && sameLayout(t, reflect.TypeFor[[]int32]()):
		return opInt32s
	case (k == reflect.Int64 || k == reflect.Int) && (code == opInt64 || code == opWiden) && sameLayout(t, reflect.TypeFor[[]int64]()):
		return opInt64s
	case k == reflect.Float32 && code == opFloat32 && sameLayout(t, reflect.TypeFor[[]float32]()):
		return opFloat32s
	case k == reflect.Float64 && code == opFloat64 && sameLayout(t, reflect.TypeFor[[]float64]()):
		return opFloat64s
	case k == reflect.Bool && code == opBoolean && sameLayout(t, reflect.TypeFor[[]bool]()):
		return opBooleans
	}
	return opSlice
}

func (c *decodeCompiler) mapping(p *program, w, r *Schema, t reflect.Type, at place, here site) {
	if t.Kind() != reflect.Map || t.Key().Kind() != reflect.String {
		c.misfit(here, "a map needs a Go map with string keys, not "+t.String())
		return
	}
	const entryOverhead = 32
	o := op{
		code: opMap, at: at, path: here.path, n: 1 + c.sizes.atLeast(w.items), size: t.Key().Size() + t.Elem().Size() + entryOverhead,
		more: &opDetail{typ: t, elem: t.Elem()},
	}
	o.sub = c.subprogram(w.items, r.items, t.Elem(), here.elements("values"))
	if o.code = fusedMap(o.sub, t); o.code != opMap {
		o.sub = nil
	} else {
		o.flag = isDynamic(o.sub) && t.Key() == reflect.TypeFor[string]() && sameLayout(t, dynamicType)
	}
	p.add(o)
}
