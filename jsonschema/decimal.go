package jsonschema

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// decimal is an exact decimal number: digits times ten to the power of -scale.
type decimal struct {
	negative bool
	digits   string // without leading zeros, "0" for zero
	scale    int64
}

// parseDecimal reads a JSON number. It fails where the exponent is out of all bounds.
func parseDecimal(literal string) (decimal, bool) {
	d := decimal{negative: strings.HasPrefix(literal, "-")}
	mantissa := strings.TrimPrefix(literal, "-")
	exponent := int64(0)
	if i := strings.IndexAny(mantissa, "eE"); i >= 0 {
		var err error
		if exponent, err = strconv.ParseInt(mantissa[i+1:], 10, 32); err != nil {
			return decimal{}, false
		}
		mantissa = mantissa[:i]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	d.scale = int64(len(fraction)) - exponent
	d.digits = strings.TrimLeft(whole+fraction, "0")
	if d.digits == "" {
		d.digits, d.negative = "0", false
	}
	return d, true
}

// String is the number as Java's BigDecimal prints it.
func (d decimal) String() string {
	sign := ""
	if d.negative {
		sign = "-"
	}
	n := int64(len(d.digits))
	adjusted := n - 1 - d.scale // the exponent of the first digit
	switch {
	case d.scale == 0:
		return sign + d.digits
	case d.scale > 0 && adjusted >= -6:
		if point := n - d.scale; point > 0 {
			return sign + d.digits[:point] + "." + d.digits[point:]
		}
		return sign + "0." + strings.Repeat("0", int(d.scale-n)) + d.digits
	}
	s := sign + d.digits[:1]
	if n > 1 {
		s += "." + d.digits[1:]
	}
	if adjusted == 0 {
		return s
	}
	plus := ""
	if adjusted > 0 {
		plus = "+"
	}
	return s + "E" + plus + strconv.FormatInt(adjusted, 10)
}

// number is a number of a schema.
type number struct{ literal string }

// float is the nearest double, infinite where there is none.
func (n *number) float() float64 {
	f, err := strconv.ParseFloat(n.literal, 64)
	if err != nil && !math.IsInf(f, 0) {
		return math.NaN()
	}
	return f
}

// compare orders two numbers as doubles, as the schema registries do.
func (n *number) compare(other *number) int {
	switch a, b := n.float(), other.float(); {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// maxScale bounds the exact arithmetic: a short literal such as 1e999999999 is a
// number of a billion digits.
const maxScale = 2000

// rational is the exact number; it fails where that would be very long.
func (n *number) rational() (*big.Rat, bool) {
	d, ok := parseDecimal(n.literal)
	if !ok || d.scale > maxScale || d.scale < -maxScale {
		return nil, false
	}
	return new(big.Rat).SetString(n.literal)
}

// isMultipleOf reports whether the number is a whole multiple of another one.
func (n *number) isMultipleOf(of *number) bool {
	a, ok := n.rational()
	b, ok2 := of.rational()
	if !ok || !ok2 || b.Sign() == 0 {
		return false
	}
	return new(big.Rat).Quo(a, b).IsInt()
}

// equal reports whether both are the same number, however they are written.
func (n *number) equal(other *number) bool {
	if n.literal == other.literal {
		return true
	}
	a, ok := n.rational()
	b, ok2 := other.rational()
	return ok && ok2 && a.Cmp(b) == 0
}

// truncated is the whole part of the number, 0 where it does not fit 32 bits.
func (n *number) truncated() int64 {
	f := math.Trunc(n.float())
	if !(math.Abs(f) <= math.MaxInt32) {
		return 0
	}
	return int64(f)
}
