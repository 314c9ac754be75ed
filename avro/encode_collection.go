package avro

import (
	"reflect"
	"sync"

	"github.com/concord-go/concord/avro/wire"
)

// array writes a slice or a Go array as one block.
func (e *encoding) array(o *op, m memory, dst []byte) ([]byte, error) {
	switch o.code {
	case opStrings:
		out, bad := wire.AppendStrings(dst, *view[[]string](m), e.raw)
		if bad >= 0 {
			return nil, e.atIndex(o, e.fail(nil, "the string is not valid UTF-8"), bad)
		}
		return out, nil
	case opInt32s:
		return wire.AppendInts(dst, *view[[]int32](m)), nil
	case opInt64s:
		return wire.AppendLongs(dst, *view[[]int64](m)), nil
	case opFloat32s:
		return wire.AppendFloats(dst, *view[[]float32](m)), nil
	case opFloat64s:
		return wire.AppendDoubles(dst, *view[[]float64](m)), nil
	case opBooleans:
		return wire.AppendBooleans(dst, *view[[]bool](m)), nil
	}
	n := 0
	if o.code == opArray {
		n = o.more.typ.Len()
	} else {
		n = m.sliceLen()
	}
	if n == 0 {
		return append(dst, 0), nil
	}
	dst = wire.AppendLong(dst, int64(n))
	if e.depth--; e.depth < 0 {
		return nil, e.failDepth(o)
	}
	if o.flag {
		var err error
		for i, v := range *view[[]any](m) {
			if dst, err = e.dynamic(o.sub.ops[0].more.dynamic, v, dst); err != nil {
				return nil, e.atIndex(o, err, i)
			}
		}
		e.depth++
		return append(dst, 0), nil
	}
	for i := range n {
		var item memory
		if o.code == opArray {
			item = m.arrayElem(i, o.size)
		} else {
			item = m.sliceElem(i, o.size)
		}
		var err error
		if dst, err = e.run(o.sub, item, dst); err != nil {
			return nil, e.atIndex(o, err, i)
		}
	}
	e.depth++
	return append(dst, 0), nil
}

func (e *encoding) atIndex(o *op, err error, i int) error {
	if x, ok := err.(*EncodeError); ok {
		x.steps.addIndex(i)
		x.steps.add(o.path)
	}
	return err
}

func (e *encoding) atEntry(o *op, err error) error {
	return e.within(e.within(err, "[*]"), o.path)
}

// mapping writes a Go map as one block, in no particular order.
func (e *encoding) mapping(o *op, m memory, dst []byte) ([]byte, error) {
	switch o.code {
	case opStringMap:
		out, ok := wire.AppendStringMap(dst, *view[map[string]string](m), e.raw)
		if !ok {
			return nil, e.atEntry(o, e.fail(nil, "the key or the string is not valid UTF-8"))
		}
		return out, nil
	case opInt64Map:
		out, ok := wire.AppendLongMap(dst, *view[map[string]int64](m), e.raw)
		if !ok {
			return nil, e.atEntry(o, e.fail(nil, "the key is not valid UTF-8"))
		}
		return out, nil
	}
	if o.flag {
		return e.dynamicEntries(o, *view[map[string]any](m), dst)
	}
	// The map itself, not where it lies: that may be the stack (see memoryOnStack).
	return e.reflectMap(o, reflect.ValueOf(m.value(o.more.typ).Interface()), dst)
}

// dynamicEntries writes a map of dynamic values.
func (e *encoding) dynamicEntries(o *op, entries map[string]any, dst []byte) ([]byte, error) {
	if len(entries) == 0 {
		return append(dst, 0), nil
	}
	if e.depth--; e.depth < 0 {
		return nil, e.failDepth(o)
	}
	dst = wire.AppendLong(dst, int64(len(entries)))
	for k, v := range entries {
		var ok bool
		if dst, ok = wire.AppendString(dst, k, e.raw); !ok {
			return nil, e.atEntry(o, e.fail(nil, "the key is not valid UTF-8"))
		}
		var err error
		if dst, err = e.dynamic(o.sub.ops[0].more.dynamic, v, dst); err != nil {
			return nil, e.atEntry(o, err)
		}
	}
	e.depth++
	return append(dst, 0), nil
}

// reflectMap writes a map of any other type.
func (e *encoding) reflectMap(o *op, entries reflect.Value, dst []byte) ([]byte, error) {
	if entries.Len() == 0 {
		return append(dst, 0), nil
	}
	if e.depth--; e.depth < 0 {
		return nil, e.failDepth(o)
	}
	dst = wire.AppendLong(dst, int64(entries.Len()))
	elem := o.more.scratch.take(o.more.elem)
	defer o.more.scratch.put(elem)
	at := memoryOfPointer(elem)
	for iter := entries.MapRange(); iter.Next(); {
		k := iter.Key().String()
		var ok bool
		if dst, ok = wire.AppendString(dst, k, e.raw); !ok {
			return nil, e.atEntry(o, e.fail(nil, "the key is not valid UTF-8"))
		}
		elem.Elem().SetIterValue(iter)
		var err error
		if dst, err = e.run(o.sub, at, dst); err != nil {
			return nil, e.atEntry(o, err)
		}
	}
	e.depth++
	return append(dst, 0), nil
}

// scratch keeps values for a map's elements, which have no address where they are.
type scratch struct{ pool sync.Pool }

func (s *scratch) take(t reflect.Type) reflect.Value {
	if p := s.pool.Get(); p != nil {
		return reflect.ValueOf(p)
	}
	return reflect.New(t)
}

func (s *scratch) put(v reflect.Value) {
	v.Elem().SetZero() // it would keep a value of the caller's alive
	s.pool.Put(v.Interface())
}
