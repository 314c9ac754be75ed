package avro

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"reflect"
	"strconv"
	"strings"

	"github.com/concord-go/concord/serde"
)

// Decimals in a Go int64 are numbers of units of 10^-scale, 1250 for 12.50, and in a
// Go string their digits, "12.50". Most fit into 64 bits, and need no big.Int.

func decimalCode(k reflect.Kind) opcode {
	if k == reflect.Int64 {
		return opDecimalInt
	}
	return opDecimalText
}

func (c *decimalConversion) tooManyDigits(whose string) error {
	return &fault{serde.TypeMismatch, fmt.Sprintf("the number has more digits than the %s precision of %d", whose, c.precision)}
}

// appendInt appends a number of units, without the length of bytes.
func (c *decimalConversion) appendInt(dst []byte, v int64) ([]byte, error) {
	if c.small > 0 && (v >= c.small || v <= -c.small) {
		return dst, c.tooManyDigits("schema's")
	}
	n := 8
	if c.size < 0 {
		// The leading bytes that repeat the sign of what follows them are left out.
		for n = 1; n < 8 && v>>(8*n-1) != v>>63; n++ {
		}
	} else if n = c.size; n < 8 && v>>(8*n-1) != v>>63 {
		return dst, &fault{serde.TypeMismatch, fmt.Sprintf("the number does not fit into a fixed of %d bytes", c.size)}
	}
	for i := n - 1; i >= 0; i-- {
		dst = append(dst, byte(v>>min(8*i, 63)))
	}
	return dst, nil
}

// toInt is the writer's number as the reader's number of units.
func (c *decimalConversion) toInt(b []byte) (int64, error) {
	if len(b) <= 8 && c.up == nil && c.down == nil {
		v := small(b)
		if c.small > 0 && (v >= c.small || v <= -c.small) {
			return 0, c.tooManyDigits("reader's")
		}
		return v, nil
	}
	if err := c.checkLen(b); err != nil {
		return 0, err
	}
	v, err := c.unscaled(b)
	if err != nil {
		return 0, err
	}
	if !v.IsInt64() {
		return 0, &fault{serde.TypeMismatch, fmt.Sprintf("the decimal does not fit into an int64 that counts units of 10^-%d", c.scale)}
	}
	return v.Int64(), nil
}

// small is a number in two's complement of at most 8 bytes.
func small(b []byte) int64 {
	var v int64
	if len(b) > 0 {
		v = int64(int8(b[0]))
		for _, c := range b[1:] {
			v = v<<8 | int64(c)
		}
	}
	return v
}

// appendText appends the number that a text is: digits, a point among them or
// before them, and a sign. Digits after the point that the scale has no place for
// must be zeros.
func (c *decimalConversion) appendText(dst []byte, text string) ([]byte, error) {
	digits, negative := text, false
	if digits != "" && (digits[0] == '-' || digits[0] == '+') {
		digits, negative = digits[1:], digits[0] == '-'
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	if whole+fraction == "" || strings.Trim(whole, "0123456789") != "" || strings.Trim(fraction, "0123456789") != "" {
		return dst, &fault{serde.TypeMismatch, "the string is no decimal number: digits are wanted, a point and a sign perhaps"}
	}
	if len(fraction) > c.scale {
		if strings.Trim(fraction[c.scale:], "0") != "" {
			return dst, &fault{serde.TypeMismatch, fmt.Sprintf("the number has more digits after the point than the schema's scale of %d", c.scale)}
		}
		fraction = fraction[:c.scale]
	}
	units := strings.TrimLeft(whole+fraction, "0")
	if missing := c.scale - len(fraction); missing > 0 && units != "" {
		units += strings.Repeat("0", missing)
	}
	switch {
	case len(units) > c.precision:
		return dst, c.tooManyDigits("schema's")
	case units == "":
		return c.appendInt(dst, 0)
	case len(units) <= 18:
		v, _ := strconv.ParseInt(units, 10, 64)
		if negative {
			v = -v
		}
		return c.appendInt(dst, v)
	}
	v, _ := new(big.Int).SetString(units, 10)
	if negative {
		v.Neg(v)
	}
	return c.appendUnscaled(dst, v)
}

// toText is the writer's number with as many digits after the point as the reader's
// scale says.
func (c *decimalConversion) toText(b []byte) (string, error) {
	var units string
	if len(b) <= 8 && c.up == nil && c.down == nil {
		v, err := c.toInt(b)
		if err != nil {
			return "", err
		}
		units = strconv.FormatInt(v, 10)
	} else {
		if err := c.checkLen(b); err != nil {
			return "", err
		}
		v, err := c.unscaled(b)
		if err != nil {
			return "", err
		}
		units = v.String()
	}
	if c.scale == 0 {
		return units, nil
	}
	sign := ""
	if units[0] == '-' {
		sign, units = "-", units[1:]
	}
	if missing := c.scale + 1 - len(units); missing > 0 {
		units = strings.Repeat("0", missing) + units
	}
	point := len(units) - c.scale
	return sign + units[:point] + "." + units[point:], nil
}

// CalendarDuration is the Go type for the logical type duration (Avro 1.12,
// "Duration"): a length of time in the calendar, in which no months are a
// number of days, and no days one of milliseconds.
type CalendarDuration struct{ Months, Days, Millis uint32 }

var calendarType = reflect.TypeFor[CalendarDuration]()

// appendTo appends the twelve bytes: three numbers, each with its lowest byte first.
func (c *CalendarDuration) appendTo(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, c.Months)
	dst = binary.LittleEndian.AppendUint32(dst, c.Days)
	return binary.LittleEndian.AppendUint32(dst, c.Millis)
}

func calendarOf(b []byte) CalendarDuration {
	return CalendarDuration{binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])}
}

// calendar writes the schema of a CalendarDuration.
func (d *deriver) calendar(logical Logical, goPath string) error {
	if logical != (Logical{}) {
		return badLogical(calendarType, logical, goPath)
	}
	done, err := d.claim(calendarType, Name{Local: "CalendarDuration"}, goPath)
	if done || err != nil {
		return err
	}
	d.openNamed("fixed", calendarType, nil)
	d.raw(`,"size":12,"logicalType":"duration"}`)
	return nil
}
