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

// wireShape is what of a message type tells whether bytes are well formed, all the way
// down: which fields hold messages, and which lists of numbers.
type wireShape struct {
	messages map[protowire.Number]*wireShape
	packed   map[protowire.Number]protowire.Type // the type of each number
}

func shapeOf(m protoreflect.MessageDescriptor) *wireShape {
	known := make(map[protoreflect.FullName]*wireShape)
	var of func(m protoreflect.MessageDescriptor) *wireShape
	of = func(m protoreflect.MessageDescriptor) *wireShape {
		if s := known[m.FullName()]; s != nil {
			return s
		}
		s := &wireShape{messages: make(map[protowire.Number]*wireShape), packed: make(map[protowire.Number]protowire.Type)}
		known[m.FullName()] = s
		for i := range m.Fields().Len() {
			switch f := m.Fields().Get(i); {
			case f.Message() != nil:
				s.messages[f.Number()] = of(f.Message())
			case f.IsList():
				if typ, ok := packedType(f.Kind()); ok {
					s.packed[f.Number()] = typ
				}
			}
		}
		return s
	}
	return of(m)
}

// packedType is how the numbers of a list are encoded; false: they are no numbers.
func packedType(k protoreflect.Kind) (protowire.Type, bool) {
	switch k {
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind, protoreflect.GroupKind:
		return 0, false
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind, protoreflect.FloatKind:
		return protowire.Fixed32Type, true
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind, protoreflect.DoubleKind:
		return protowire.Fixed64Type, true
	}
	return protowire.VarintType, true
}

// holds reports whether the bytes are well formed, with messages no deeper in each other
// than that.
func (s *wireShape) holds(b []byte, depth int) bool {
	if depth == 0 {
		return false
	}
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return false
		}
		value := protowire.ConsumeFieldValue(num, typ, b[n:])
		if value < 0 {
			return false
		}
		field := b[n : n+value]
		b = b[n+value:]
		switch typ {
		case protowire.BytesType:
			inner := s.messages[num]
			number, packed := s.packed[num]
			if inner == nil && !packed {
				continue
			}
			content, _ := protowire.ConsumeBytes(field)
			if inner != nil && !inner.holds(content, depth-1) || packed && !numbers(content, number) {
				return false
			}
		case protowire.StartGroupType:
			if inner := s.messages[num]; inner != nil {
				if content, _ := protowire.ConsumeGroup(num, field); !inner.holds(content, depth-1) {
					return false
				}
			}
		}
	}
	return true
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
		_, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return false
		}
		b = b[n:]
	}
	return true
}
