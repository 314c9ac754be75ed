//go:build purego

package tally

import "math/rand/v2"

// place is any cell.
func place() int { return int(rand.Uint32() >> 28) }
