package wire_test

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/concord-go/concord/avro/wire"
)

// byTheBook reads a number byte by byte, as the specification has it.
func byTheBook(buf []byte, pos int) (u uint64, next int) {
	for i := 0; pos+i < len(buf); i++ {
		c := buf[pos+i]
		if i == 9 && c > 1 {
			return 0, wire.Overflow
		}
		u |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			return u, pos + i + 1
		}
	}
	return 0, wire.Failed
}

// number is one of any length, with more bytes than it needs now and then.
func number(rnd *rand.Rand, dst []byte) []byte {
	dst = binary.AppendUvarint(dst, rnd.Uint64()>>rnd.IntN(64))
	if rnd.IntN(20) == 0 {
		for dst[len(dst)-1] |= 0x80; rnd.IntN(3) == 0; {
			dst = append(dst, 0x80)
		}
		dst = append(dst, byte(rnd.IntN(3)))
	}
	return dst
}

func TestNumbersAreReadAsByteByByte(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		var buf []byte
		for range 1 + rnd.IntN(4) {
			buf = number(rnd, buf)
		}
		if rnd.IntN(4) == 0 {
			buf = buf[:rnd.IntN(len(buf)+1)]
		}
		buf = slices.Clip(buf)
		for pos := range len(buf) + 1 {
			want, wantNext := byTheBook(buf, pos)
			if u, next := wire.Varint(buf, pos); u != want || next != wantNext {
				t.Fatalf("%x at %d: %d, %d, want %d, %d", buf, pos, u, next, want, wantNext)
			}
			long, next := wire.Long(buf, pos)
			if wantNext > 0 && long != wire.Unzigzag(want) || next != wantNext {
				t.Fatalf("%x at %d: the long %d, %d", buf, pos, long, next)
			}
			v, next := wire.Int(buf, pos)
			if fits := wantNext > 0 && int64(int32(wire.Unzigzag(want))) == wire.Unzigzag(want); fits && (int64(v) != wire.Unzigzag(want) || next != wantNext) || !fits && next >= 0 {
				t.Fatalf("%x at %d: the int %d, %d", buf, pos, v, next)
			}
		}
		if _, next := wire.Varint(buf, -1); next >= 0 {
			t.Fatal("a failure is not passed on")
		}
	}
}

func TestArraysOfLongsAreReadAsOneByOne(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 8))
	for range 5_000 {
		var buf []byte
		count, small := rnd.IntN(30), rnd.IntN(2) == 0
		for range count {
			if small && rnd.IntN(12) > 0 {
				buf = append(buf, byte(rnd.IntN(128)))
			} else {
				buf = number(rnd, buf)
			}
		}
		if rnd.IntN(4) == 0 && len(buf) > 0 {
			buf = buf[:rnd.IntN(len(buf))]
		}
		buf = slices.Clip(buf)
		var want []int64
		at := 0
		for range count {
			u, next := byTheBook(buf, at)
			if next < 0 {
				break
			}
			want, at = append(want, wire.Unzigzag(u)), next
		}
		got := make([]int64, count)
		n, next := wire.ReadLongs(buf, 0, got)
		if !slices.Equal(got[:n], want) || next != at {
			t.Fatalf("%x: %d numbers %v up to %d, want %d %v up to %d", buf, n, got[:n], next, len(want), want, at)
		}
	}
}

func TestPairsOfLongsAreWrittenAsOneByOne(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(9, 10))
	for range 20_000 {
		v, w := int64(rnd.Uint64())>>rnd.IntN(64), int64(rnd.Uint64())>>rnd.IntN(64)
		want := binary.AppendVarint(binary.AppendVarint([]byte("x"), v), w)
		b, at := wire.Room([]byte("x"), 20)
		if got := b[:wire.PutLong2(b, at, v, w)]; string(got) != string(want) {
			t.Fatalf("%d, %d: %x, want %x", v, w, got, want)
		}
	}
}

func TestArraysOfLongsAreWrittenAsOneByOne(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(11, 12))
	for n := range 200 {
		items := make([]int64, n)
		want := binary.AppendVarint(nil, int64(n))
		for i := range items {
			items[i] = int64(rnd.Uint64()) >> rnd.IntN(64)
			want = binary.AppendVarint(want, items[i])
		}
		if n > 0 {
			want = append(want, 0)
		}
		if got := wire.AppendLongs(nil, items); string(got) != string(want) {
			t.Fatalf("%v: %x, want %x", items, got, want)
		}
	}
}
