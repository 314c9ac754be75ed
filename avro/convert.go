package avro

import (
	"fmt"
	"reflect"

	"github.com/concord-go/concord/serde"
)

// Convert has values of the Go type T written and read as values of R, a type that
// this package maps to schemas, wherever T stands in a value: itself, in
// fields, in slices, maps and behind pointers.
//
//	avro.For[Order](avro.Convert(
//		func(m Money) (string, error) { return m.String(), nil },
//		func(s string) (Money, error) { return ParseMoney(s) },
//	))
//
// It goes before what the package itself would do with T, the method AvroSchema
// included. A derived schema has R's type there, and a logical type in the
// field's tag is R's. An error of write makes an [EncodeError], one of read a
// [DecodeError], both of the class [serde.TypeMismatch]; its text is shown, and so
// should not hold the value. Dynamic values (any) are not converted.
func Convert[T, R any](write func(T) (R, error), read func(R) (T, error)) CodecOption {
	c := &conversion{
		from: reflect.TypeFor[T](), to: reflect.TypeFor[R](),
		write: func(v memory) (memory, error) {
			r := new(R)
			var err error
			*r, err = write(*view[T](v))
			return memoryOf(r), err
		},
		empty: func() memory { return memoryOf(new(R)) },
		read: func(v, r memory) (err error) {
			*view[T](v), err = read(*view[R](r))
			return err
		},
	}
	return codecOption{
		func(e *encodeConfig) { e.conversions = e.conversions.with(c) },
		func(d *decodeConfig) { d.conversions = d.conversions.with(c) },
	}
}

// conversion is a Convert without its types. Its functions do not get the state of
// an encoding or decoding, which would then have to lie on the heap.
type conversion struct {
	from, to reflect.Type
	write    func(v memory) (r memory, err error)
	empty    func() memory // a new R
	read     func(v, r memory) error
}

type conversions map[reflect.Type]*conversion

func (c conversions) with(one *conversion) conversions {
	if c == nil {
		c = make(conversions)
	}
	c[one.from] = one
	return c
}

// conversionFault is an error of a caller's function.
func conversionFault(err error) error {
	return &fault{serde.TypeMismatch, fmt.Sprintf("its conversion failed: %v", err)}
}

func (e *encoding) convert(o *op, m memory, dst []byte) ([]byte, error) {
	r, err := o.more.conversion.write(m)
	if err != nil {
		return nil, e.failWith(o, conversionFault(err))
	}
	return e.call(o, o.sub, r, dst)
}

func (d *decoding) convert(o *op, m memory, pos int) (int, error) {
	r := o.more.conversion.empty()
	next, err := d.call(o, o.sub, r, pos)
	if err != nil {
		return 0, err
	}
	if err := o.more.conversion.read(m, r); err != nil {
		return 0, d.failWith(o, pos, conversionFault(err))
	}
	return next, nil
}
