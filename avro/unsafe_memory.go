//go:build !purego

package avro

import (
	"reflect"
	"unsafe"
)

// memory is a place in Go's memory that holds a value of a type known to the
// plan's compiler, which is what makes every cast in this file valid: a plan
// is only ever run on a value of the type it was compiled for. The twin in
// purego_memory.go does the same by reflection.
type memory struct{ p unsafe.Pointer }

// place is where a field lies within a struct: its offset.
type place uintptr

// exactViews says whether view needs the very type; here the same layout will do,
// so a plan for []string runs on a named slice of a named string type too.
const exactViews = false

// within is the place of a field of the struct at p.
func (p place) within(t reflect.Type, field int) place { return p + place(t.Field(field).Offset) }

func memoryOf[T any](v *T) memory { return memory{unsafe.Pointer(v)} }

func memoryOfPointer(v reflect.Value) memory { return memory{v.UnsafePointer()} }

// memoryOnStack is memoryOf without letting v escape to the heap. Nothing may keep the
// address of anything within *v itself after the call that it is passed to, or store
// it anywhere but on the stack. What *v points to is no matter: that is on the heap.
func memoryOnStack[T any](v *T) memory {
	if never {
		// So that the compiler takes what *v points to for kept.
		kept := new(T)
		*kept = *v
		keep(kept)
	}
	// Escape analysis does not follow an address through an integer. Nothing can move
	// the stack between the two lines, and from then on it is a pointer again.
	x := uintptr(unsafe.Pointer(v))
	return memory{*(*unsafe.Pointer)(unsafe.Pointer(&x))}
}

// anyOnStack is v, under the rules of memoryOnStack.
func anyOnStack[T any](v *T) any { return hidden(v) }

// hidden is p without letting what it points to escape to the heap: nothing may keep it.
func hidden[T any](p *T) *T {
	x := uintptr(unsafe.Pointer(p))
	return *(**T)(unsafe.Pointer(&x))
}

var (
	never bool           // a variable, as the compiler drops what a constant forbids
	keep  = func(any) {} // a variable, as nobody knows what it does
)

// at is the field at f: f is an offset within the object at m.
func (m memory) at(f place) memory { return memory{unsafe.Add(m.p, uintptr(f))} }

// view is the value at m, whose type has the layout of S.
func view[S any](m memory) *S { return (*S)(m.p) }

// value is the value at m, of type t, for reflection.
func (m memory) value(t reflect.Type) reflect.Value { return reflect.NewAt(t, m.p).Elem() }

func (m memory) setBool(v bool)       { *(*bool)(m.p) = v }
func (m memory) bool() bool           { return *(*bool)(m.p) }
func (m memory) setInt32(v int32)     { *(*int32)(m.p) = v }
func (m memory) int32() int32         { return *(*int32)(m.p) }
func (m memory) setInt64(v int64)     { *(*int64)(m.p) = v }
func (m memory) int64() int64         { return *(*int64)(m.p) }
func (m memory) setFloat32(v float32) { *(*float32)(m.p) = v }
func (m memory) float32() float32     { return *(*float32)(m.p) }
func (m memory) setFloat64(v float64) { *(*float64)(m.p) = v }
func (m memory) float64() float64     { return *(*float64)(m.p) }
func (m memory) setString(v string)   { *(*string)(m.p) = v }
func (m memory) string() string       { return *(*string)(m.p) }
func (m memory) setBytes(v []byte)    { *(*[]byte)(m.p) = v }
func (m memory) bytes() []byte        { return *(*[]byte)(m.p) }

// array is the content of an array of n bytes.
func (m memory) array(n int) []byte { return unsafe.Slice((*byte)(m.p), n) }

// loadInt reads an integer of kind k; ok is false when it does not fit into an int64.
func (m memory) loadInt(k reflect.Kind) (v int64, ok bool) {
	switch k {
	case reflect.Int:
		return int64(*(*int)(m.p)), true
	case reflect.Int8:
		return int64(*(*int8)(m.p)), true
	case reflect.Int16:
		return int64(*(*int16)(m.p)), true
	case reflect.Int32:
		return int64(*(*int32)(m.p)), true
	case reflect.Int64:
		return *(*int64)(m.p), true
	case reflect.Uint8:
		return int64(*(*uint8)(m.p)), true
	case reflect.Uint16:
		return int64(*(*uint16)(m.p)), true
	case reflect.Uint32:
		return int64(*(*uint32)(m.p)), true
	case reflect.Uint64:
		u := *(*uint64)(m.p)
		return int64(u), int64(u) >= 0
	default: // Uint
		u := uint64(*(*uint)(m.p))
		return int64(u), int64(u) >= 0
	}
}

// storeInt writes v, which fits, to an integer of kind k.
func (m memory) storeInt(k reflect.Kind, v int64) {
	switch k {
	case reflect.Int:
		*(*int)(m.p) = int(v)
	case reflect.Int8:
		*(*int8)(m.p) = int8(v)
	case reflect.Int16:
		*(*int16)(m.p) = int16(v)
	case reflect.Int32:
		*(*int32)(m.p) = int32(v)
	case reflect.Int64:
		*(*int64)(m.p) = v
	case reflect.Uint8:
		*(*uint8)(m.p) = uint8(v)
	case reflect.Uint16:
		*(*uint16)(m.p) = uint16(v)
	case reflect.Uint32:
		*(*uint32)(m.p) = uint32(v)
	case reflect.Uint64:
		*(*uint64)(m.p) = uint64(v)
	default: // Uint
		*(*uint)(m.p) = uint(v)
	}
}

// isNil reports whether the pointer or map at m is nil: both are one word.
func (m memory) isNil() bool { return *(*unsafe.Pointer)(m.p) == nil }

// setNil sets the pointer at m to nil.
func (m memory) setNil() { *(*unsafe.Pointer)(m.p) = nil }

// pointee is what the pointer at m, which is not nil, points to.
func (m memory) pointee() memory { return memory{*(*unsafe.Pointer)(m.p)} }

// alloc lets the pointer at m, to an elem, point to a new value, and returns that.
// The store has a write barrier, as the slot has a pointer's type.
func (m memory) alloc(elem reflect.Type) memory {
	p := reflect.New(elem).UnsafePointer()
	*(*unsafe.Pointer)(m.p) = p
	return memory{p}
}

// sliceHeader has the layout of every slice.
type sliceHeader struct {
	data     unsafe.Pointer
	len, cap int
}

// setEmptySlice sets the slice at m to one without elements, which is not nil.
func (m memory) setEmptySlice(reflect.Value) {
	*(*[]struct{})(m.p) = []struct{}{} // the address of nothing, whatever the elements are
}

func (m memory) sliceLen() int     { return (*sliceHeader)(m.p).len }
func (m memory) sliceCap() int     { return (*sliceHeader)(m.p).cap }
func (m memory) sliceIsNil() bool  { return (*sliceHeader)(m.p).data == nil }
func (m memory) setSliceLen(n int) { (*sliceHeader)(m.p).len = n } // n is at most the capacity

// sliceElem is element i of the slice at m, whose elements have size bytes; i is
// less than its capacity.
func (m memory) sliceElem(i int, size uintptr) memory {
	return memory{unsafe.Add((*sliceHeader)(m.p).data, uintptr(i)*size)}
}

// arrayElem is element i of the array at m.
func (m memory) arrayElem(i int, size uintptr) memory {
	return memory{unsafe.Add(m.p, uintptr(i)*size)}
}

// interfaceHeader has the layout of every interface that is not any: the type's
// methods, or no pointer where the interface is nil, and the value or its address.
type interfaceHeader struct{ methods, data unsafe.Pointer }

// interfaceKey tells the types apart that an interface may hold: the runtime has one
// method table for a type in an interface.
type interfaceKey struct {
	methods unsafe.Pointer
	direct  bool // the value itself is the second word: pointers and maps
}

// keyOfInterface is the key of the zero value of a type, in an interface.
func keyOfInterface(zero reflect.Value) interfaceKey {
	slot := reflect.New(zero.Type())
	slot.Elem().Set(zero)
	h := (*interfaceHeader)(slot.UnsafePointer())
	return interfaceKey{h.methods, h.data == nil} // what is not direct has an address, even when it is empty
}

// interfaceKey is the key of what the interface at m holds; some is false when it
// is nil.
func (m memory) interfaceKey() (methods unsafe.Pointer, some bool) {
	methods = (*interfaceHeader)(m.p).methods
	return methods, methods != nil
}

// is reports whether the key is that of m.interfaceKey.
func (k *interfaceKey) is(methods unsafe.Pointer) bool { return k.methods == methods }

// interfaceData is the value in the interface at m, whose key is k.
func (m memory) interfaceData(k *interfaceKey) memory {
	h := (*interfaceHeader)(m.p)
	if k.direct {
		return memory{unsafe.Pointer(&h.data)}
	}
	return memory{h.data}
}

// setInterface sets the interface at m to what value, a new pointer, points to, or
// to the pointer itself. Both stores have write barriers.
func (m memory) setInterface(k *interfaceKey, pointer bool, value reflect.Value) {
	p := value.UnsafePointer()
	if k.direct && !pointer {
		p = *(*unsafe.Pointer)(p)
	}
	*(*interfaceHeader)(m.p) = interfaceHeader{k.methods, p}
}
