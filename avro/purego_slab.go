//go:build purego

package avro

type stringMemory uint8

const (
	stringsAlone stringMemory = iota
	stringsShared
	stringsInPlace
)

// stringSlab is the safe twin of the type in unsafe_slab.go: no string shares memory.
type stringSlab struct{ mode stringMemory }

func (s *stringSlab) keep(b []byte, _ int, raw bool) (text string, ok bool) {
	if !raw && !validText(b) {
		return "", false
	}
	return string(b), true
}
