//go:build purego

package avro

// stringSlab is the safe twin of the type in unsafe_slab.go: no string shares memory.
type stringSlab struct{ shared bool }

func (s *stringSlab) keep(b []byte, _ int) string { return string(b) }
