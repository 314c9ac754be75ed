//go:build !purego

package avro

import "unsafe"

// boxes are where the short strings of one dynamic datum lie, to which its interfaces
// point: few allocations, and whoever keeps one string keeps no more than a few thousand
// bytes alive.
type boxes struct{ texts []string }

// Strings in one allocation, at first and at most, and the longest that are.
const (
	fewTexts  = 4
	mostTexts = 16
	boxedText = 128
)

// anyHeader has the layout of an any that holds no pointer.
type anyHeader struct{ typ, data unsafe.Pointer }

// typeWord is the first word of an any with a value of v's type.
func typeWord(v any) unsafe.Pointer { return (*anyHeader)(unsafe.Pointer(&v)).typ }

var (
	longType   = typeWord(int64(1 << 40))
	doubleType = typeWord(1.5)
	textType   = typeWord("text")
)

// anyAt is an any of a type, which is no pointer's, whose value lies at p and is not
// written again.
func anyAt(typ, p unsafe.Pointer) (v any) {
	*(*anyHeader)(unsafe.Pointer(&v)) = anyHeader{typ, p}
	return v
}

// text boxes a string; a long one, kept alive by another, would cost too much.
func (b *boxes) text(v string) any {
	if len(v) > boxedText {
		return v
	}
	if len(b.texts) == cap(b.texts) {
		b.texts = make([]string, 0, min(max(2*cap(b.texts), fewTexts), mostTexts))
	}
	b.texts = append(b.texts, v)
	return anyAt(textType, unsafe.Pointer(&b.texts[len(b.texts)-1]))
}

// staticBox bounds the numbers that an any holds without memory of its own.
const staticBox = 256

// appendLongs appends numbers, which stay where they are, to items.
func appendLongs(items []any, numbers []int64) []any {
	for i, v := range numbers {
		if uint64(v) < staticBox {
			items = append(items, v)
		} else {
			items = append(items, anyAt(longType, unsafe.Pointer(&numbers[i])))
		}
	}
	return items
}

// appendDoubles appends numbers, which stay where they are, to items.
func appendDoubles(items []any, numbers []float64) []any {
	for i := range numbers {
		items = append(items, anyAt(doubleType, unsafe.Pointer(&numbers[i])))
	}
	return items
}
