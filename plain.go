package concord

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/concord-go/concord/serde"
)

// Plain reads and writes values that have no schema and no framing, as Kafka's
// own StringSerializer, ByteArraySerializer and LongSerializer do. It is both a
// [Serializer] and a [Deserializer]; [String], [Bytes] and [Int64] make one. It
// is safe for concurrent use.
type Plain[T any] struct {
	codec plainCodec[T]
}

type plainCodec[T any] interface {
	// appendTo returns nil for null, and only then.
	appendTo(dst []byte, v T) []byte
	read(data []byte) (T, error)
}

// String reads and writes the bytes of a string. "" is an empty key or value,
// not null; see [Message] for that. Bytes that are not UTF-8 stay as they are.
func String() Plain[string] { return Plain[string]{stringCodec{}} }

// Bytes reads and writes bytes as they are. nil is null, and null is read as
// nil; an empty slice that is not nil is empty in Kafka too.
func Bytes() Plain[[]byte] { return Plain[[]byte]{bytesCodec{}} }

// Int64 reads and writes 8 bytes, the most significant first. Reading any other
// number of bytes is an error of class [serde.Truncated] or [serde.TrailingBytes].
func Int64() Plain[int64] { return Plain[int64]{int64Codec{}} }

var errNoCodec = errors.New("concord: a zero Plain is not usable: make one with String, Bytes or Int64")

// AppendSerialize appends v to dst. It needs neither context nor field.
func (p Plain[T]) AppendSerialize(_ context.Context, dst []byte, _ serde.Field, v T) (serde.Data, error) {
	if p.codec == nil {
		return serde.Data{}, errNoCodec
	}
	return serde.Data{Bytes: p.codec.appendTo(dst, v)}, nil
}

// Deserialize reads data into *v, which keeps no part of it. It needs neither
// context nor field.
func (p Plain[T]) Deserialize(_ context.Context, _ serde.Field, data serde.Data, v *T) (serde.Info, error) {
	if p.codec == nil {
		return serde.Info{}, errNoCodec
	}
	if data.Bytes == nil {
		var zero T
		*v = zero
		return serde.Info{Tombstone: true}, nil
	}
	got, err := p.codec.read(data.Bytes)
	if err != nil {
		return serde.Info{}, err
	}
	*v = got
	return serde.Info{}, nil
}

// keepsFraming says that bytes of this serializer may be framed already, so
// that schema headers which came with them must go along.
func (Plain[T]) keepsFraming() {}

type stringCodec struct{}

func (stringCodec) appendTo(dst []byte, v string) []byte { return notNil(append(dst, v...)) }
func (stringCodec) read(data []byte) (string, error)     { return string(data), nil }

type bytesCodec struct{}

func (bytesCodec) appendTo(dst []byte, v []byte) []byte {
	if v == nil {
		return nil
	}
	return notNil(append(dst, v...))
}

func (bytesCodec) read(data []byte) ([]byte, error) { return append([]byte{}, data...), nil }

type int64Codec struct{}

func (int64Codec) appendTo(dst []byte, v int64) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(v))
}

func (int64Codec) read(data []byte) (int64, error) {
	switch {
	case len(data) < 8:
		return 0, fmt.Errorf("concord: an int64 has 8 bytes, this one has %d: %w", len(data), serde.Truncated)
	case len(data) > 8:
		return 0, fmt.Errorf("concord: an int64 has 8 bytes, this one has %d: %w", len(data), serde.TrailingBytes)
	}
	return int64(binary.BigEndian.Uint64(data)), nil
}

func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
