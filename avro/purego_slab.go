//go:build purego

package avro

// keep is b as a string of its own.
func (d *decoding) keep(b []byte) string { return string(b) }
