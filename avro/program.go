package avro

import "reflect"

// program is a flat list of operations that run one after another on one place in
// memory: a whole record with the structs stored in it. Arrays, maps, unions,
// pointers and recursive types have programs of their own. A program is
// immutable once compiled.
type program struct {
	ops []op
	// unresolved says why there is no such program; only the compiler sees it set.
	unresolved []Incompatibility
	open       bool // being compiled; only the compiler sees it set
}

// op is one operation. Which fields count depends on code.
type op struct {
	code opcode
	flag bool  // wire int rather than long; a slice or map of any
	null uint8 // a two-branch union's index of null
	at   place // within the program's memory
	sub  *program
	more *opDetail
	n    int          // a size in bytes; of an array the least size of an item
	size uintptr      // of a Go element
	kind reflect.Kind // of the Go integer or float
	subs []*program
	path string // from the program's own place, for errors
}

// opDetail is what few operations need.
type opDetail struct {
	typ        reflect.Type // of the value: slice, map, or what a pointer points to
	elem       reflect.Type
	empty      reflect.Value // of a slice
	data       []byte        // a default, an encoded prefix
	symbols    []string      // enum: the Go strings by the writer's index; empty where the reader lacks one
	indexes    symbolIndex
	reasons    []string // union: why a branch cannot be read
	scale      instantScale
	logical    LogicalType
	unit       int64 // of a time, in nanoseconds
	decimal    *decimalConversion
	dynamic    *dynamicNode
	conversion *conversion
	valid      place // of a nullStruct
	branches   []branchValue
	numbers    []number     // encoding
	iface      reflect.Type // the interface of a union's values
	scratch    scratch
}

type opcode uint8

// Operations of both directions; those that differ in only one carry its name.
const (
	opNothing opcode = iota
	opBoolean
	opInt32   // wire int, Go int32
	opInt64   // wire long, Go int64
	opWiden   // decoding: wire int, Go int64
	opInteger // wire int or long, scaled, any Go integer
	opFloat32
	opFloat64
	opToFloat // any wire number (n is its Kind) to a Go float; encoding: float32 to double
	opNarrow  // encoding: Go float64, wire float
	opString
	opBytes
	opFixedArray
	opFixedSlice
	opEnum
	opTime
	opDuration
	opDecimal
	opDecimalInt  // Go int64: the number of units
	opDecimalText // Go string
	opCalendar    // CalendarDuration
	opUUIDText    // wire string, Go [16]byte
	opUUIDFixed   // wire fixed, Go string
	opBytesString // wire string, Go []byte: UTF-8 is checked

	opStrings // slices of primitives
	opInt32s
	opInt64s
	opFloat32s
	opFloat64s
	opBooleans
	opSlice
	opArray
	opStringMap // map[string]string
	opInt64Map
	opMap
	opCall    // a program on the same memory
	opPointer // not in a union
	opUnion
	opNullable    // two branches, null and another; Go pointer
	opNullableNil // two branches; Go slice or map (encoding)
	opNumbers     // encoding: several
	opConstant    // encoding: bytes as they are
	opDefault     // decoding: a program on a default's bytes
	opZero        // decoding: the zero value
	opEach        // decoding: several programs on the same bytes
	opEmbedded    // through an embedded pointer
	opFail
	opConvert
	opInterface     // a union's value: of several types (encoding), of the one in branches (decoding)
	opValid         // null or the rest of a nullStruct (encoding); sets its Valid (decoding)
	opDynamic       // any
	opDynamicRecord // map[string]any

	opSkip // n bytes
	opSkipVarint
	opSkipInt
	opSkipBoolean
	opSkipBytes
	opSkipString
	opSkipArray
	opSkipMap
	opSkipUnion
)

func (p *program) add(o op) { p.ops = append(p.ops, o) }

// strings counts the strings that the program decodes, up to 2, which stands for
// any number; seen holds the programs that were looked at.
func (p *program) strings(seen map[*program]bool) int {
	if p == nil || seen[p] {
		return 0
	}
	seen[p] = true
	n := 0
	for i := range p.ops {
		switch o := &p.ops[i]; o.code {
		case opString:
			n++
		case opStrings, opMap, opStringMap, opInt64Map, opDynamic, opDynamicRecord:
			return 2
		case opSlice, opArray:
			n += 2 * o.sub.strings(seen)
		default:
			n += o.sub.strings(seen)
			for _, sub := range o.subs {
				n += sub.strings(seen)
			}
		}
	}
	return min(n, 2)
}
