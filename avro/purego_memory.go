//go:build purego

package avro

import "reflect"

// memory is the safe twin of the type in unsafe_memory.go: the same methods, by
// reflection.
type memory struct{ v reflect.Value }

// place is the way to a field within a struct.
type place string

const exactViews = true

func (p place) within(_ reflect.Type, field int) place { return p + place(rune(field)) }

func memoryOf[T any](v *T) memory { return memory{reflect.ValueOf(v).Elem()} }

func memoryOfPointer(v reflect.Value) memory { return memory{v.Elem()} }

func memoryOnStack[T any](v *T) memory { return memoryOf(v) }

func anyOnStack[T any](v *T) any { return v }

func hidden[T any](p *T) *T { return p }

func (m memory) at(f place) memory {
	v := m.v
	for _, i := range f {
		v = v.Field(int(i))
	}
	return memory{v}
}

func view[S any](m memory) *S { return m.v.Addr().Interface().(*S) }

func (m memory) value(reflect.Type) reflect.Value { return m.v }

func (m memory) setBool(v bool)       { m.v.SetBool(v) }
func (m memory) bool() bool           { return m.v.Bool() }
func (m memory) setInt32(v int32)     { m.v.SetInt(int64(v)) }
func (m memory) int32() int32         { return int32(m.v.Int()) }
func (m memory) setInt64(v int64)     { m.v.SetInt(v) }
func (m memory) int64() int64         { return m.v.Int() }
func (m memory) setFloat64(v float64) { m.v.SetFloat(v) }
func (m memory) float64() float64     { return m.v.Float() }
func (m memory) setString(v string)   { m.v.SetString(v) }
func (m memory) string() string       { return m.v.String() }
func (m memory) setBytes(v []byte)    { m.v.SetBytes(v) }
func (m memory) bytes() []byte        { return m.v.Bytes() }
func (m memory) array(int) []byte     { return m.v.Bytes() }

// A float64 on the way would change the bits of what is no number.

func (m memory) setFloat32(v float32) {
	if p, ok := m.v.Addr().Interface().(*float32); ok {
		*p = v
	} else {
		m.v.Set(reflect.ValueOf(v).Convert(m.v.Type()))
	}
}

func (m memory) float32() float32 {
	if p, ok := m.v.Addr().Interface().(*float32); ok {
		return *p
	}
	return m.v.Convert(reflect.TypeFor[float32]()).Interface().(float32)
}

func (m memory) loadInt(reflect.Kind) (v int64, ok bool) {
	if m.v.CanInt() {
		return m.v.Int(), true
	}
	u := m.v.Uint()
	return int64(u), int64(u) >= 0
}

func (m memory) storeInt(_ reflect.Kind, v int64) {
	if m.v.CanInt() {
		m.v.SetInt(v)
	} else {
		m.v.SetUint(uint64(v))
	}
}

func (m memory) isNil() bool     { return m.v.IsNil() }
func (m memory) setNil()         { m.v.SetZero() }
func (m memory) pointee() memory { return memory{m.v.Elem()} }

func (m memory) alloc(elem reflect.Type) memory {
	m.v.Set(reflect.New(elem).Convert(m.v.Type()))
	return memory{m.v.Elem()}
}

func (m memory) setEmptySlice(empty reflect.Value) { m.v.Set(empty) }

func (m memory) sliceLen() int     { return m.v.Len() }
func (m memory) sliceCap() int     { return m.v.Cap() }
func (m memory) sliceIsNil() bool  { return m.v.IsNil() }
func (m memory) setSliceLen(n int) { m.v.SetLen(n) }

func (m memory) sliceElem(i int, _ uintptr) memory { return memory{m.v.Index(i)} }
func (m memory) arrayElem(i int, _ uintptr) memory { return memory{m.v.Index(i)} }

// interfaceKey tells the types apart that an interface may hold.
type interfaceKey struct{ typ reflect.Type }

func keyOfInterface(zero reflect.Value) interfaceKey { return interfaceKey{zero.Elem().Type()} }

func (m memory) interfaceKey() (typ reflect.Type, some bool) {
	if m.v.IsNil() {
		return nil, false
	}
	return m.v.Elem().Type(), true
}

func (k *interfaceKey) is(typ reflect.Type) bool { return k.typ == typ }

// interfaceData is a copy, as a value in an interface has no address.
func (m memory) interfaceData(*interfaceKey) memory {
	v := reflect.New(m.v.Elem().Type()).Elem()
	v.Set(m.v.Elem())
	return memory{v}
}

func (m memory) setInterface(_ *interfaceKey, pointer bool, value reflect.Value) {
	if !pointer {
		value = value.Elem()
	}
	m.v.Set(value)
}
