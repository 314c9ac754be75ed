package avro

import (
	"math/big"

	"github.com/concord-go/concord/avro/wire"
)

// GeneratedDecimal writes and reads the decimals of one schema for generated code;
// programs have no use for it.
type GeneratedDecimal struct{ conversion *decimalConversion }

// NewGeneratedDecimal is for decimals on a fixed of size bytes, or on bytes where it is
// negative.
func NewGeneratedDecimal(precision, scale, size int) *GeneratedDecimal {
	l := Logical{Type: Decimal, Precision: precision, Scale: scale}
	return &GeneratedDecimal{newDecimalConversion(l, l, size)}
}

// Append appends the number; ok is false where it does not fit.
func (d *GeneratedDecimal) Append(dst []byte, r *big.Rat) (out []byte, ok bool) {
	if r == nil {
		return dst, false
	}
	o := op{more: &opDetail{decimal: d.conversion}}
	var e encoding
	out, err := e.decimal(&o, dst, func(c *decimalConversion, dst []byte) ([]byte, error) { return c.appendRat(dst, r) })
	return out, err == nil
}

// Read reads the number at pos into a new one, or into old where that is allowed.
func (d *GeneratedDecimal) Read(r *wire.Reader, pos int, old *big.Rat) (number *big.Rat, next int) {
	size := d.conversion.size
	if size < 0 {
		n, next := wire.Long(r.Buf, pos)
		if next < 0 || n < 0 || n > int64(len(r.Buf)-next) {
			return nil, wire.Failed
		}
		pos, size = next, int(n)
	}
	if pos < 0 || len(r.Buf)-pos < size {
		return nil, wire.Failed
	}
	number = wire.Pointer(r, old)
	if number == nil || d.conversion.toRat(number, r.Buf[pos:pos+size]) != nil {
		return nil, wire.Failed
	}
	return number, pos + size
}
