package wire_test

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/concord-go/concord/avro/wire"
)

// Short strings are copied and checked by words: every length, every place of a
// byte that is no ASCII, and every room in the buffer.
func TestStringsOfEveryLengthAreCopiedAndChecked(t *testing.T) {
	t.Parallel()
	const text = "The quick brown fox jumps over the lazy dog 0123456789, and then some more of it."
	for n := range 72 {
		for _, room := range []int{0, n, n + 1, n + 2, 100} {
			for at := -1; at < n; at++ {
				s := text[:n]
				if at >= 0 {
					s = s[:at] + "\xff" + s[at+1:]
				}
				dst := append(make([]byte, 0, 1+room), 'x')
				got, ok := wire.AppendString(dst, s, false)
				want := "x" + string(binary.AppendVarint(nil, int64(n))) + s
				switch {
				case at < 0 && (!ok || string(got) != want):
					t.Fatalf("%d bytes, room %d: %q, %v", n, room, got, ok)
				case at >= 0 && (ok || string(got) != "x"):
					t.Fatalf("%d bytes, no UTF-8 at %d, room %d: %q, %v", n, at, room, got, ok)
				}
				if got, ok = wire.AppendString(dst, s, true); !ok || string(got) != want {
					t.Fatalf("%d bytes as they are, room %d: %q, %v", n, room, got, ok)
				}
			}
		}
	}
	for _, s := range []string{"é", "日本語", "aé", "12345é", "1234567é", "12345678é", strings.Repeat("é", 31), "\U0001F600"} {
		if got, ok := wire.AppendString(make([]byte, 0, 80), s, false); !ok || string(got[1:]) != s {
			t.Errorf("%q: %q, %v", s, got, ok)
		}
	}
}

func TestLongsOfEveryLength(t *testing.T) {
	t.Parallel()
	for shift := range 64 {
		for _, v := range []int64{1 << shift, -1 << shift, 1<<shift - 1, math.MinInt64 >> shift, math.MaxInt64 >> shift} {
			for room := range 12 {
				dst := append(make([]byte, 0, 1+room), 'x')
				if got, want := wire.AppendLong(dst, v), "x"+string(binary.AppendVarint(nil, v)); string(got) != want {
					t.Fatalf("%d, room %d: %x, want %x", v, room, got, want)
				}
			}
		}
	}
}
