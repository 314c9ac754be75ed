package zigzag_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/concord-go/concord/internal/zigzag"
)

func TestGoldenBytes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		v    int64
		want []byte
	}{
		{0, []byte{0}}, {-1, []byte{1}}, {1, []byte{2}}, {-2, []byte{3}}, {63, []byte{0x7e}},
		{-64, []byte{0x7f}}, {64, []byte{0x80, 0x01}}, {-65, []byte{0x81, 0x01}}, {8192, []byte{0x80, 0x80, 0x01}},
		{math.MaxInt64, []byte{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}},
		{math.MinInt64, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}},
	} {
		got := zigzag.Append([]byte("x"), c.v)
		if !bytes.Equal(got[1:], c.want) {
			t.Errorf("Append(%d) = % x, want % x", c.v, got[1:], c.want)
		}
		if n := zigzag.Len(c.v); n != len(c.want) {
			t.Errorf("Len(%d) = %d, want %d", c.v, n, len(c.want))
		}
		v, n := zigzag.Read(append(c.want[:len(c.want):len(c.want)], 0xff))
		if v != c.v || n != len(c.want) {
			t.Errorf("Read(% x) = %d, %d, want %d, %d", c.want, v, n, c.v, len(c.want))
		}
		for i := range c.want {
			if _, n := zigzag.Read(c.want[:i]); n != 0 {
				t.Errorf("Read of the first %d bytes of % x took %d bytes, want 0", i, c.want, n)
			}
		}
	}
}

func TestMoreThan64BitsIsRefused(t *testing.T) {
	t.Parallel()
	ten := bytes.Repeat([]byte{0xff}, 9)
	for _, b := range [][]byte{append(ten, 0x02), append(ten, 0x80), append(ten, 0xff, 0x01), append(ten, 0x81, 0x00)} {
		if v, n := zigzag.Read(b); n >= 0 {
			t.Errorf("Read(% x) = %d, %d, want it refused", b, v, n)
		}
	}
}

func FuzzRoundTrip(f *testing.F) {
	f.Add(int64(0))
	f.Add(int64(math.MinInt64))
	f.Fuzz(func(t *testing.T, v int64) {
		b := zigzag.Append(nil, v)
		if got, n := zigzag.Read(b); got != v || n != len(b) || zigzag.Len(v) != n {
			t.Fatalf("%d came back as %d from % x", v, got, b)
		}
	})
}
