package avro

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/concord-go/concord/serde"
)

// decimalConversion reads and writes decimals: two's complement, big-endian
// numbers counting units of 10^-scale (Avro 1.12, "Decimal").
type decimalConversion struct {
	writerScale      int
	scale, precision int      // of the reader; on encoding, of the writer
	size             int      // of a fixed; -1 for bytes
	unit             *big.Int // 10^writerScale
	up, down         *big.Int // what unscaled values are multiplied with or divided by; nil for 1
	bound            *big.Int // 10^precision
	small            int64    // the same where an int64 holds it, else 0
}

func newDecimalConversion(writer, reader Logical, size int) *decimalConversion {
	c := &decimalConversion{writerScale: writer.Scale, scale: reader.Scale, precision: reader.Precision, size: size}
	c.unit, c.bound = pow10(reader.Scale), pow10(reader.Precision)
	if c.bound.IsInt64() {
		c.small = c.bound.Int64()
	}
	if n := reader.Scale - writer.Scale; n > 0 {
		c.up = pow10(n)
	} else if n < 0 {
		c.down = pow10(-n)
	}
	return c
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// maxDecimalDigits bounds precision and scale where a conversion is needed: larger
// powers of ten take seconds to compute.
const maxDecimalDigits = 10_000

// unscaled reads the writer's number and scales it to the reader's.
func (c *decimalConversion) unscaled(b []byte) (*big.Int, error) {
	v := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0]&0x80 != 0 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	if c.up != nil {
		v.Mul(v, c.up)
	} else if c.down != nil {
		rest := new(big.Int)
		if v.QuoRem(v, c.down, rest); rest.Sign() != 0 {
			return nil, &fault{serde.TypeMismatch, fmt.Sprintf("the decimal of scale %d has digits that the reader's scale of %d does not hold", c.writerScale, c.scale)}
		}
	}
	if v.CmpAbs(c.bound) >= 0 {
		return nil, &fault{serde.TypeMismatch, fmt.Sprintf("the decimal has more digits than the reader's precision of %d", c.precision)}
	}
	return v, nil
}

// maxDecimalBytes is how many bytes of a decimal are looked at: conversion is not linear.
func (c *decimalConversion) checkLen(b []byte) error {
	// Leading sign bytes are allowed, within reason: as many again, and a few.
	if most := 2*(c.precision/2+1) + 16; len(b) > most && c.size < 0 {
		return &fault{serde.TypeMismatch, fmt.Sprintf("the decimal takes %d bytes, far more than its precision of %d needs", len(b), c.precision)}
	}
	return nil
}

func (c *decimalConversion) toRat(r *big.Rat, b []byte) error {
	if err := c.checkLen(b); err != nil {
		return err
	}
	v, err := c.unscaled(b)
	if err != nil {
		return err
	}
	r.SetFrac(v, c.unit)
	return nil
}

// rescaled is the writer's number as the reader has it, in bytes of its own.
func (c *decimalConversion) rescaled(b []byte) ([]byte, error) {
	if err := c.checkLen(b); err != nil {
		return nil, err
	}
	v, err := c.unscaled(b)
	if err != nil {
		return nil, err
	}
	return c.appendUnscaled(nil, v)
}

// appendRat appends r's unscaled number, without the length of bytes.
func (c *decimalConversion) appendRat(dst []byte, r *big.Rat) ([]byte, error) {
	v := new(big.Int).Mul(r.Num(), c.unit)
	rest := new(big.Int)
	if v.QuoRem(v, r.Denom(), rest); rest.Sign() != 0 {
		return dst, &fault{serde.TypeMismatch, fmt.Sprintf("the number has more digits after the point than the schema's scale of %d", c.scale)}
	}
	if v.CmpAbs(c.bound) >= 0 {
		return dst, &fault{serde.TypeMismatch, fmt.Sprintf("the number has more digits than the schema's precision of %d", c.precision)}
	}
	return c.appendUnscaled(dst, v)
}

// appendUnscaled appends v in two's complement: in size bytes, or as few as will do.
func (c *decimalConversion) appendUnscaled(dst []byte, v *big.Int) ([]byte, error) {
	b := twosComplement(v)
	if c.size < 0 {
		return append(dst, b...), nil
	}
	if len(b) > c.size {
		return dst, &fault{serde.TypeMismatch, fmt.Sprintf("the number does not fit into a fixed of %d bytes", c.size)}
	}
	pad := byte(0)
	if v.Sign() < 0 {
		pad = 0xff
	}
	dst = slices.Grow(dst, c.size)
	for range c.size - len(b) {
		dst = append(dst, pad)
	}
	return append(dst, b...), nil
}

// twosComplement is v in as few bytes as will do, at least one.
func twosComplement(v *big.Int) []byte {
	if v.Sign() >= 0 {
		b := v.Bytes()
		if len(b) == 0 || b[0]&0x80 != 0 {
			b = append([]byte{0}, b...)
		}
		return b
	}
	// For a negative v, ^v = -v-1 has the complement's bits.
	b := new(big.Int).Not(v).Bytes()
	if len(b) == 0 || b[0]&0x80 != 0 {
		b = append([]byte{0}, b...)
	}
	for i := range b {
		b[i] = ^b[i]
	}
	return b
}
