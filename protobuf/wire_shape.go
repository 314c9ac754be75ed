package protobuf

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// depthOf is how deep messages of that type may lie in each other; a large number
// where one may contain itself.
func depthOf(m protoreflect.MessageDescriptor) int {
	const endless = 1 << 30
	known := make(map[protoreflect.FullName]int)
	var depth func(m protoreflect.MessageDescriptor) int
	depth = func(m protoreflect.MessageDescriptor) int {
		if d, ok := known[m.FullName()]; ok {
			return d
		}
		known[m.FullName()] = endless // until it is known: meeting it again is a cycle
		deepest := 0
		for i := range m.Fields().Len() {
			if inner := m.Fields().Get(i).Message(); inner != nil {
				deepest = max(deepest, depth(inner))
			}
		}
		known[m.FullName()] = min(deepest+1, endless)
		return known[m.FullName()]
	}
	return depth(m)
}

// wireShape is what of a message type tells whether bytes are a message as encoders write
// it: well formed all the way down, each field of the type declared and, unless it is
// repeated, there once, one member of a oneof, and maps' entries with both their fields.
// A parser may take more, and one that is fast may be wrong about the rest.
type wireShape struct {
	low   []fieldShape // by number, where that is small
	high  map[protowire.Number]fieldShape
	entry bool // of a map
}

// fieldShape is a field.
type fieldShape struct {
	known   bool
	wire    protowire.Type
	packed  bool       // it may be a list of numbers in one value
	slot    uint8      // which bit says that it is there; 0: it may be there again
	message *wireShape // nil for other fields
}

const (
	lowNumbers = 64
	maxSlots   = 128
)

func (s *wireShape) field(num protowire.Number) fieldShape {
	if int(num) < len(s.low) {
		return s.low[num]
	}
	return s.high[num]
}

func shapeOf(m protoreflect.MessageDescriptor) *wireShape {
	known := make(map[protoreflect.FullName]*wireShape)
	var of func(m protoreflect.MessageDescriptor) *wireShape
	of = func(m protoreflect.MessageDescriptor) *wireShape {
		if s := known[m.FullName()]; s != nil {
			return s
		}
		s := &wireShape{low: make([]fieldShape, lowNumbers), high: make(map[protowire.Number]fieldShape), entry: m.IsMapEntry()}
		known[m.FullName()] = s
		slots := 0
		oneofs := make(map[int]uint8)
		for i := range m.Fields().Len() {
			f := m.Fields().Get(i)
			shape := fieldShape{known: true, wire: wireType(f.Kind())}
			if f.Message() != nil {
				shape.message = of(f.Message())
			}
			shape.packed = f.IsList() && shape.wire != protowire.BytesType && shape.wire != protowire.StartGroupType
			if !f.IsList() && !f.IsMap() {
				o := f.ContainingOneof()
				if o != nil && oneofs[o.Index()] != 0 {
					shape.slot = oneofs[o.Index()]
				} else if slots++; slots < maxSlots {
					shape.slot = uint8(slots)
				} else {
					shape.known = false // too many to tell: never plain
				}
				if o != nil {
					oneofs[o.Index()] = shape.slot
				}
			}
			if f.Number() < lowNumbers {
				s.low[f.Number()] = shape
			} else {
				s.high[f.Number()] = shape
			}
		}
		return s
	}
	return of(m)
}

func wireType(k protoreflect.Kind) protowire.Type {
	switch k {
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind:
		return protowire.BytesType
	case protoreflect.GroupKind:
		return protowire.StartGroupType
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind, protoreflect.FloatKind:
		return protowire.Fixed32Type
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind, protoreflect.DoubleKind:
		return protowire.Fixed64Type
	}
	return protowire.VarintType
}

// plain reports whether the bytes are a message as encoders write it, without groups and
// unknown fields, and with messages no deeper in each other than that.
func (s *wireShape) plain(b []byte, depth int) bool {
	if depth == 0 {
		return false
	}
	var seen [maxSlots / 64]uint64
	for len(b) > 0 {
		tag, n := varint(b)
		if n == 0 || n > 5 || tag>>3 > uint64(protowire.MaxValidNumber) {
			return false
		}
		b = b[n:]
		typ, f := protowire.Type(tag&7), s.field(protowire.Number(tag>>3))
		if !f.known {
			return false
		}
		if f.slot != 0 {
			word, bit := f.slot/64, uint64(1)<<(f.slot%64)
			if seen[word]&bit != 0 {
				return false
			}
			seen[word] |= bit
		}
		switch typ {
		case protowire.VarintType:
			if _, n = varint(b); n == 0 {
				return false
			}
		case protowire.Fixed32Type:
			n = 4
		case protowire.Fixed64Type:
			n = 8
		case protowire.BytesType:
			length, head := varint(b)
			if head == 0 || head > 5 || length > uint64(len(b)-head) {
				return false
			}
			n = head + int(length)
			switch {
			case f.message != nil && !f.message.plain(b[head:n], depth-1), f.packed && !numbers(b[head:n], f.wire):
				return false
			}
		default:
			return false
		}
		if n > len(b) || typ != f.wire && !(f.packed && typ == protowire.BytesType) {
			return false
		}
		b = b[n:]
	}
	return !s.entry || seen[0]&(1<<1|1<<2) == 1<<1|1<<2 // key and value
}

// varint reads a number and how many bytes it takes; 0: it is none.
func varint(b []byte) (v uint64, n int) {
	if len(b) > 0 && b[0] < 0x80 {
		return uint64(b[0]), 1
	}
	if v, n = protowire.ConsumeVarint(b); n < 0 || b[n-1] == 0 { // or longer than it need be
		return 0, 0
	}
	return v, n
}

// numbers reports whether the bytes are numbers of that type, one after the other.
func numbers(b []byte, typ protowire.Type) bool {
	switch typ {
	case protowire.Fixed32Type:
		return len(b)%4 == 0
	case protowire.Fixed64Type:
		return len(b)%8 == 0
	}
	for len(b) > 0 {
		_, n := varint(b)
		if n == 0 {
			return false
		}
		b = b[n:]
	}
	return true
}
