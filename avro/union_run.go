package avro

import (
	"reflect"

	"github.com/concord-go/concord/avro/wire"
)

// branchValue is a type that the interface of a union may hold.
type branchValue struct {
	key     interfaceKey
	typ     reflect.Type
	pointer bool     // a pointer to what the program writes and reads
	prefix  []byte   // encoding: the branch's index
	sub     *program // encoding: nil where the schema has no such branch
}

func newBranchValue(b *unionBranch) branchValue {
	return branchValue{key: keyOfInterface(b.zero), typ: b.typ, pointer: b.typ.Kind() == reflect.Pointer && b.typ.Elem() != ratType}
}

// valueType is what the branch's program works on.
func (b *branchValue) valueType() reflect.Type {
	if b.pointer {
		return b.typ.Elem()
	}
	return b.typ
}

// interfaceValue adds what writes a value of u as a datum of w.
func (c *encodeCompiler) interfaceValue(p *program, w *Schema, u *UnionType, at place, here site) {
	if u.err != nil {
		c.misfit(here, u.err.Error())
		return
	}
	branches := []*Schema{w}
	if w.kind == Union {
		branches = w.branches
	}
	o := op{code: opInterface, at: at, path: here.path, n: -1, more: &opDetail{iface: u.iface}}
	for i, b := range branches {
		if b.kind == Null {
			o.n = i
		}
	}
	for k := range u.branches {
		v := newBranchValue(&u.branches[k])
		i, misfit := u.branches[k].schemaBranch(branches)
		if misfit != "" {
			c.misfit(here, misfit)
			continue
		}
		if w.kind == Union {
			v.prefix = wire.AppendLong(nil, int64(i))
		}
		v.sub = c.subprogram(branches[i], v.valueType(), here.inner())
		o.more.branches = append(o.more.branches, v)
	}
	if w.kind != Union {
		o.n = -1
	}
	p.add(o)
}

// interfaceValue adds what reads a datum of w, as r has it, which is one branch of
// the reader's union or its whole schema, into an interface of u.
func (c *decodeCompiler) interfaceValue(p *program, w, r *Schema, u *UnionType, at place, here site) {
	if u.err != nil {
		c.misfit(here, u.err.Error())
		return
	}
	k, misfit := u.goBranch(r)
	if misfit != "" {
		c.misfit(here, misfit)
		return
	}
	v := newBranchValue(&u.branches[k])
	v.sub = c.subprogram(w, r, v.valueType(), here.inner())
	p.add(op{code: opInterface, at: at, path: here.path, size: v.valueType().Size(), sub: v.sub, more: &opDetail{iface: u.iface, branches: []branchValue{v}}})
}

// interfaceValue writes what the interface at m holds.
func (e *encoding) interfaceValue(o *op, m memory, dst []byte) ([]byte, error) {
	key, some := m.interfaceKey()
	if !some {
		if o.n < 0 {
			return nil, e.fail(o, "the interface is nil, and the schema has no null there")
		}
		return append(dst, byte(o.n<<1)), nil
	}
	for i := range o.more.branches {
		b := &o.more.branches[i]
		if !b.key.is(key) {
			continue
		}
		value := m.interfaceData(&b.key)
		if b.pointer {
			if value.isNil() {
				return nil, e.fail(o, "the interface holds a nil pointer; a nil interface is null")
			}
			value = value.pointee()
		}
		dst = append(dst, b.prefix...)
		if only := b.sub.ops; len(only) == 1 {
			switch only[0].code {
			case opString:
				dst, ok := wire.AppendString(dst, value.at(only[0].at).string(), e.raw)
				if !ok {
					return nil, e.fail(o, "the string is not valid UTF-8")
				}
				return dst, nil
			case opInt64:
				return wire.AppendLong(dst, value.at(only[0].at).int64()), nil
			}
		}
		return e.call(o, b.sub, value, dst)
	}
	return nil, e.fail(o, "the interface holds a type that the union does not have (UnionOf)")
}

// interfaceValue reads a value of its own into the interface at m.
func (d *decoding) interfaceValue(o *op, m memory, pos int) (int, error) {
	if d.memory -= int64(o.size) + sizeOfBox; d.memory < 0 {
		return 0, d.failMemory(o, pos)
	}
	b := &o.more.branches[0]
	value := reflect.New(b.valueType())
	pos, err := d.call(o, o.sub, memoryOfPointer(value), pos)
	if err != nil {
		return 0, err
	}
	m.setInterface(&b.key, b.pointer, value)
	return pos, nil
}
