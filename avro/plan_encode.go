package avro

import (
	"fmt"
	"reflect"
)

// encodeCompiler turns (Go type, writer) into a program.
type encodeCompiler struct {
	fitCollector
	config   *encodeConfig
	programs map[encodeKey]*program
	dynamics map[*Schema]*dynamicNode
}

type encodeKey struct {
	writer *Schema
	typ    reflect.Type
}

func compileEncode(writer *Schema, t reflect.Type, config *encodeConfig) (*program, error) {
	c := &encodeCompiler{fitCollector: fitCollector{unions: config.unions}, config: config, programs: make(map[encodeKey]*program), dynamics: make(map[*Schema]*dynamicNode)}
	p := &program{}
	var top place
	c.value(p, writer, t, top, site{goPath: t.String()})
	switch {
	case c.tooLarge():
		return nil, errPlanTooLarge
	case len(c.mismatches) > 0:
		return nil, &FitError{t.String(), c.mismatches}
	}
	joinNumbers(p, make(map[*program]bool))
	return p, nil
}

// value adds what writes the t at place at as a datum of w.
func (c *encodeCompiler) value(p *program, w *Schema, t reflect.Type, at place, here site) {
	defer c.leave()
	if !c.enter() {
		c.nodes = maxPlanNodes + 1
		return
	}
	switch conversion := c.config.conversions[t]; {
	case conversion != nil:
		p.add(op{code: opConvert, at: at, path: here.path, sub: c.subprogram(w, conversion.to, here.inner()), more: &opDetail{conversion: conversion}})
	case c.unions[t] != nil:
		c.interfaceValue(p, w, c.unions[t], at, here)
	case isEmptyInterface(t):
		p.add(op{code: opDynamic, at: at, path: here.path, more: &opDetail{dynamic: c.dynamic(w, here)}})
	case t == dynamicType && w.kind == Record:
		p.add(op{code: opDynamicRecord, at: at, path: here.path, more: &opDetail{dynamic: c.dynamic(w, here)}})
	case w.kind == Union:
		c.union(p, w, t, at, here)
	case t.Kind() == reflect.Pointer && w.kind != Null:
		if t.Elem().Kind() == reflect.Pointer {
			c.misfit(here, "a pointer to a pointer has no meaning")
			return
		}
		p.add(op{code: opPointer, at: at, path: here.path, sub: c.subprogram(w, t.Elem(), here.inner())})
	default:
		c.plain(p, w, t, at, here)
	}
}

func (c *encodeCompiler) subprogram(w *Schema, t reflect.Type, here site) *program {
	key := encodeKey{w, t}
	if p := c.programs[key]; p != nil {
		return p
	}
	p := &program{}
	c.programs[key] = p
	var top place
	c.value(p, w, t, top, here)
	return p
}

// union: null and one other type, or only one.
func (c *encodeCompiler) union(p *program, w *Schema, t reflect.Type, at place, here site) {
	null, other, others := -1, -1, 0
	for i, b := range w.branches {
		if b.kind == Null {
			null = i
		} else {
			other, others = i, others+1
		}
	}
	switch {
	case others > 1:
		c.misfit(here, "a union of several types needs a field of type any, or of an interface that stands for it (UnionOf)")
		return
	case others == 0 && null >= 0:
		p.add(op{code: opConstant, more: &opDetail{data: []byte{0}}})
		if !canBeNil(t) && t.Size() > 0 {
			c.misfit(here, "null needs a pointer, a slice, a map, any or struct{}")
		}
		return
	case others == 0:
		c.misfit(here, "the union has no branches")
		return
	}
	b := w.branches[other]
	switch k := t.Kind(); {
	case null >= 0 && k == reflect.Pointer:
		if t.Elem().Kind() == reflect.Pointer {
			c.misfit(here, "a pointer to a pointer has no meaning")
			return
		}
		p.add(op{code: opNullable, null: uint8(null), at: at, path: here.path, sub: c.subprogram(b, t.Elem(), here.inner())})
	case null >= 0 && isNullStruct(t):
		sub := &program{}
		c.value(sub, b, t.Field(0).Type, at.within(t, 0), here.inner())
		p.add(op{code: opValid, null: uint8(null), path: here.path, sub: sub, more: &opDetail{valid: at.within(t, 1)}})
	case null >= 0 && (k == reflect.Slice || k == reflect.Map):
		sub := &program{}
		c.value(sub, b, t, at, here.inner())
		p.add(op{code: opNullableNil, null: uint8(null), at: at, path: here.path, sub: sub, more: &opDetail{typ: t}})
	default: // always the other branch
		p.add(op{code: opConstant, more: &opDetail{data: []byte{byte(other << 1)}}})
		c.value(p, b, t, at, here)
	}
}

// plain: w is no union, and t is no pointer.
func (c *encodeCompiler) plain(p *program, w *Schema, t reflect.Type, at place, here site) {
	switch w.kind {
	case Null:
		if !canBeNil(t) && t.Size() > 0 {
			c.misfit(here, "null needs a pointer, a slice, a map, any or struct{}")
		}
	case Record:
		c.record(p, w, t, at, here)
	case Array:
		c.array(p, w, t, at, here)
	case Map:
		c.mapping(p, w, t, at, here)
	default:
		o, reason := encodeLeaf(w, t)
		if reason != "" {
			c.misfit(here, reason)
		}
		o.at, o.path = at, here.path
		p.add(o)
	}
}

func (c *encodeCompiler) record(p *program, w *Schema, t reflect.Type, at place, here site) {
	if t.Kind() != reflect.Struct || t == timeType || t == ratType {
		c.misfit(here, "a record needs a struct or map[string]any, not "+t.String())
		return
	}
	info, err := c.structFields(t)
	if err != nil {
		c.misfit(here, err.Error())
		return
	}
	used := make([]bool, len(info.fields))
	for j := range w.fields {
		f := &w.fields[j]
		k, ok := structFieldFor(info, f.name)
		switch {
		case ok && used[k]:
			c.misfit(here.field(f.name, info.fields[k].goName, j, -1), "the Go field stands for two fields of the schema")
		case ok:
			used[k] = true
			g := &info.fields[k]
			c.goField(p, t, g, at, here.field(f.name, g.goName, j, -1), func(p *program, at place, in site) { c.value(p, f.typ, g.typ, at, in) })
		case f.defaultWire != nil:
			p.add(op{code: opConstant, more: &opDetail{data: f.defaultWire}})
		default:
			c.misfit(here.field(f.name, "", j, -1), "the Go type has no field for it, and it has no default")
		}
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

func (c *encodeCompiler) array(p *program, w *Schema, t reflect.Type, at place, here site) {
	if t.Kind() != reflect.Slice && t.Kind() != reflect.Array {
		c.misfit(here, "an array needs a slice, not "+t.String())
		return
	}
	o := op{code: opArray, at: at, path: here.path, size: t.Elem().Size(), more: &opDetail{typ: t, elem: t.Elem()}}
	o.sub = c.subprogram(w.items, t.Elem(), here.elements("items"))
	if t.Kind() == reflect.Slice {
		o.code = fusedSlice(o.sub, t, 1)
		o.flag = o.code == opSlice && isDynamic(o.sub) && sameLayout(t, reflect.TypeFor[[]any]())
	}
	p.add(o)
}

func (c *encodeCompiler) mapping(p *program, w *Schema, t reflect.Type, at place, here site) {
	if t.Kind() != reflect.Map || t.Key().Kind() != reflect.String {
		c.misfit(here, "a map needs a Go map with string keys, not "+t.String())
		return
	}
	o := op{code: opMap, at: at, path: here.path, more: &opDetail{typ: t, elem: t.Elem()}}
	o.sub = c.subprogram(w.items, t.Elem(), here.elements("values"))
	o.code = fusedMap(o.sub, t)
	o.flag = o.code == opMap && isDynamic(o.sub) && t.Key() == reflect.TypeFor[string]() && sameLayout(t, dynamicType)
	p.add(o)
}

// isDynamic reports whether a program does nothing but write an any.
func isDynamic(p *program) bool { return len(p.ops) == 1 && p.ops[0].code == opDynamic }

// fusedMap is the loop for a map of a common type.
func fusedMap(sub *program, t reflect.Type) opcode {
	if len(sub.ops) != 1 || t.Key() != reflect.TypeFor[string]() {
		return opMap
	}
	switch code := sub.ops[0].code; {
	case code == opString && t.Elem() == reflect.TypeFor[string]() && sameLayout(t, reflect.TypeFor[map[string]string]()):
		return opStringMap
	case code == opInt64 && t.Elem() == reflect.TypeFor[int64]() && sameLayout(t, reflect.TypeFor[map[string]int64]()):
		return opInt64Map
	}
	return opMap
}

// encodeLeaf is the operation that writes a t as a w: types without inner types.
// reason says why t does not fit.
func encodeLeaf(w *Schema, t reflect.Type) (o op, reason string) {
	k := t.Kind()
	o.n = -1
	switch {
	case w.kind == Boolean && k == reflect.Bool:
		o.code = opBoolean
	case w.kind == Int || w.kind == Long:
		return encodeInteger(w, t)
	case w.kind == Float && k == reflect.Float32:
		o.code = opFloat32
	case w.kind == Double && k == reflect.Float64:
		o.code = opFloat64
	case w.kind == Double && k == reflect.Float32:
		o.code = opToFloat
	case w.kind == Float && k == reflect.Float64:
		o.code = opNarrow
	case w.kind == Enum && k == reflect.String:
		o.code, o.more = opEnum, &opDetail{indexes: indexSymbols(w)}
	case w.kind == Enum:
		return o, "an enum needs a type of kind string, not " + t.String()
	case w.kind == String || w.kind == Bytes || w.kind == Fixed:
		return encodeOctets(w, t)
	default:
		return o, fmt.Sprintf("%s does not fit the Go type %s", describe(w), t)
	}
	return o, ""
}

// symbolIndex finds an enum's symbols. A few are compared one by one, which takes
// less than hashing.
type symbolIndex struct {
	few  []string
	many map[string]int
}

func indexSymbols(w *Schema) symbolIndex {
	if len(w.symbols) <= 8 {
		return symbolIndex{few: w.symbols}
	}
	many := make(map[string]int, len(w.symbols))
	for i, s := range w.symbols {
		many[s] = i
	}
	return symbolIndex{many: many}
}

func (x *symbolIndex) of(s string) (int, bool) {
	for i, symbol := range x.few {
		if s == symbol {
			return i, true
		}
	}
	i, ok := x.many[s]
	return i, ok
}

func encodeInteger(w *Schema, t reflect.Type) (o op, reason string) {
	o = op{code: opInteger, flag: w.kind == Int, kind: t.Kind(), more: &opDetail{logical: w.logical.Type}}
	isTime := w.logical.Type.timeUnit() != 0
	switch {
	case t == timeType:
		if !isTime || w.logical.Type.isTimeOfDay() {
			return o, fmt.Sprintf("time.Time needs the logical type date or a timestamp, the schema has %s", describeLogical(w))
		}
		o.code = opTime
	case t == durationType:
		if !w.logical.Type.isTimeOfDay() {
			return o, fmt.Sprintf("time.Duration needs the logical type time-millis or time-micros, the schema has %s", describeLogical(w))
		}
		o.code = opDuration
	case !isInteger(t.Kind()):
		return o, fmt.Sprintf("%s needs a Go integer, not %s", describeLogical(w), t)
	case w.kind == Int && t.Kind() == reflect.Int32:
		o.code = opInt32
	case w.kind == Long && (t.Kind() == reflect.Int64 || t.Kind() == reflect.Int && t.Size() == 8):
		o.code = opInt64
	}
	return o, ""
}

func encodeOctets(w *Schema, t reflect.Type) (o op, reason string) {
	o.n = -1
	if w.kind == Fixed {
		o.n = w.size
	}
	switch k := t.Kind(); {
	case t == ratType:
		if w.logical.Type != Decimal {
			return o, fmt.Sprintf("big.Rat needs the logical type decimal, the schema has %s", describeLogical(w))
		}
		decimal, reason := decimalBetween(w, w)
		if reason != "" {
			return o, reason
		}
		o.code, o.more = opDecimal, &opDetail{decimal: decimal}
	case w.logical.Type == Decimal && (k == reflect.Int64 || k == reflect.String):
		decimal, reason := decimalBetween(w, w)
		if reason != "" {
			return o, reason
		}
		o.code, o.more = decimalCode(k), &opDetail{decimal: decimal}
	case t == calendarType && w.logical.Type == Duration:
		o.code = opCalendar
	case w.kind == String && k == reflect.String:
		o.code = opString
	case w.kind == Fixed && k == reflect.String && w.logical.Type == UUID:
		o.code = opUUIDFixed
	case w.kind == String && w.logical.Type == UUID && isByteArray(t, 16):
		o.code = opUUIDText
	case w.kind == String && isByteSlice(t):
		o.code = opBytesString
	case w.kind == Fixed && isByteArray(t, w.size):
		o.code = opFixedArray
	case w.kind == Fixed && isByteSlice(t):
		o.code = opFixedSlice
	case w.kind == Bytes && isByteSlice(t):
		o.code = opBytes
	default:
		return o, fmt.Sprintf("%s does not fit the Go type %s", describeLogical(w), t)
	}
	return o, ""
}
