package avro

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/concord-go/concord/avro/wire"
)

// number is one of several fields that are written together, room for all of which is
// looked for once.
type number struct {
	code opcode
	at   place
}

// most is how many bytes the number takes at most.
func (n number) most() int {
	switch n.code {
	case opBoolean:
		return 1
	case opFloat32:
		return 4
	case opFloat64:
		return 8
	}
	return binary.MaxVarintLen64
}

// joinNumbers makes one operation of numbers that follow one another, in all programs
// that p refers to. None of them can fail.
func joinNumbers(p *program, seen map[*program]bool) {
	if p == nil || seen[p] {
		return
	}
	seen[p] = true
	joined := p.ops[:0]
	for i := 0; i < len(p.ops); {
		o := p.ops[i]
		end := i
		for end < len(p.ops) && isNumber(p.ops[end].code) {
			end++
		}
		if end-i < 2 {
			joinNumbers(o.sub, seen)
			for _, sub := range o.subs {
				joinNumbers(sub, seen)
			}
			if o.more != nil {
				for _, b := range o.more.branches {
					joinNumbers(b.sub, seen)
				}
			}
			joined = append(joined, o)
			i++
			continue
		}
		all := op{code: opNumbers, more: &opDetail{}}
		for _, o := range p.ops[i:end] {
			n := number{code: o.code, at: o.at}
			all.n += n.most()
			all.more.numbers = append(all.more.numbers, n)
		}
		joined = append(joined, all)
		i = end
	}
	clear(p.ops[len(joined):])
	p.ops = joined
}

func isNumber(code opcode) bool {
	switch code {
	case opBoolean, opInt32, opInt64, opFloat32, opFloat64:
		return true
	}
	return false
}

// appendNumbers writes several numbers.
func appendNumbers(o *op, base memory, dst []byte) []byte {
	at := len(dst)
	if cap(dst)-at < o.n {
		dst = slices.Grow(dst, o.n)
	}
	to := dst[:cap(dst)]
	numbers := o.more.numbers
	for i := range numbers {
		n := &numbers[i]
		var v int64
		switch m := base.at(n.at); n.code {
		case opInt64:
			v = m.int64()
		case opInt32:
			v = int64(m.int32())
		case opFloat64:
			binary.LittleEndian.PutUint64(to[at:], math.Float64bits(m.float64()))
			at += 8
			continue
		case opFloat32:
			binary.LittleEndian.PutUint32(to[at:], math.Float32bits(m.float32()))
			at += 4
			continue
		default:
			to[at] = byte(boolToInt(m.bool()))
			at++
			continue
		}
		if uint64(v+64) < 128 {
			to[at] = byte(v<<1 ^ v>>63)
			at++
			continue
		}
		at = wire.PutLong(to, at, v)
	}
	return to[:at]
}
