package serdetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

// Case is a format to be tested, with values of it.
type Case[T any] struct {
	// Format must have a schema of its own and write no bytes that depend on
	// anything but the value.
	Format serde.Format[T]
	// Values are written and read back. One at least, and none of them nil.
	Values []T
	// Refused are values of T that the schema cannot hold. Encoding them must be
	// an error with a class, and leave the buffer as it was. May be empty.
	Refused []T
	// Equal compares a value with what came back; nil means reflect.DeepEqual.
	Equal func(want, got T) bool
	// SelfDelimiting says that every strict prefix of a payload, and every
	// payload with bytes after it, is invalid, and must be refused as such.
	SelfDelimiting bool
	// Deterministic says that each of Values is always written as the same bytes.
	// Without it only their number must be the same: Go's maps have no order.
	Deterministic bool
	// EncodesWithoutAllocating says that encoding into a warm buffer allocates nothing.
	EncodesWithoutAllocating bool
}

// Run runs the conformance suite as subtests of t, one a promise. With
// EncodesWithoutAllocating t must not be parallel (see testing.AllocsPerRun).
func Run[T any](t *testing.T, c Case[T]) {
	t.Helper()
	if c.Format == nil || len(c.Values) == 0 {
		t.Fatal("serdetest: a case needs a format and a value")
	}
	for _, check := range checks[T]() {
		t.Run(check.name, func(t *testing.T) {
			if err := check.run(c); err != nil {
				t.Error(err)
			}
		})
	}
}

type check[T any] struct {
	name string
	run  func(Case[T]) error
}

func checks[T any]() []check[T] {
	return []check[T]{
		{"RoundTripWithPrefixFraming", roundTrip[T](serde.PrefixFraming())},
		{"RoundTripWithHeaderFraming", roundTrip[T](serde.HeaderFraming())},
		{"TombstonesComeBackAsTombstones", tombstone[T]},
		{"AppendKeepsWhatIsThere", appends[T]},
		{"RefusedValuesLeaveNothing", refused[T]},
		{"AValueIsAlwaysWrittenAlike", alike[T]},
		{"EncodingAllocatesNothing", allocates[T]},
		{"PrefixesAreRefused", prefixes[T]},
		{"TrailingBytesAreRefused", trailing[T]},
		{"ADecoderIsUsedAgain", reuse[T]},
		{"GoroutinesShare", concurrent[T]},
		{"AnUnknownSchemaIsClassed", unknown[T]},
		{"AnOutageIsNoPoison", outage[T]},
		{"AnUnregisteredSchemaIsClassed", unregistered[T]},
		{"AnotherSchemaTypeIsIncompatible", otherType[T]},
	}
}

var field = serde.ValueOf("serdetest")

// pair is a serializer and a deserializer on one registry.
type pair[T any] struct {
	reg *Registry
	ser *serde.Serializer[T]
	de  *serde.Deserializer[T]
}

func newPair[T any](c Case[T], opts ...serde.SerializerOption) (pair[T], error) {
	p := pair[T]{reg: new(Registry)}
	var err error
	opts = append([]serde.SerializerOption{serde.WithWriterSchema(serde.AutoRegister())}, opts...)
	if p.ser, err = serde.NewSerializer(p.reg, c.Format, opts...); err != nil {
		return p, err
	}
	p.de, err = serde.NewDeserializer(p.reg, c.Format)
	return p, err
}

func (c Case[T]) equal(want, got T) bool {
	if c.Equal != nil {
		return c.Equal(want, got)
	}
	return reflect.DeepEqual(want, got)
}

func roundTrip[T any](framing serde.Framing) func(Case[T]) error {
	return func(c Case[T]) error {
		p, err := newPair(c, serde.WithFraming(framing))
		if err != nil {
			return err
		}
		for _, to := range []serde.Field{field, serde.KeyOf(field.Topic)} {
			for i, v := range c.Values {
				if err := p.once(c, framing, to, v); err != nil {
					return fmt.Errorf("value %d as %s: %w", i, to.Role, err)
				}
			}
		}
		return nil
	}
}

// once writes a value and reads it back.
func (p pair[T]) once(c Case[T], framing serde.Framing, to serde.Field, v T) error {
	data, err := p.ser.AppendSerialize(context.Background(), nil, to, v)
	if err != nil {
		return err
	}
	if (len(data.Headers) == 0) != (framing == serde.PrefixFraming()) {
		return fmt.Errorf("it was written with %d headers", len(data.Headers))
	}
	var got T
	info, err := p.de.Deserialize(context.Background(), to, data, &got)
	if err != nil {
		return err
	}
	if info.Tombstone || (info.SchemaID == 0 && info.GUID.IsZero()) {
		return fmt.Errorf("it came back with %+v", info)
	}
	if !c.equal(v, got) {
		return errors.New("it did not come back as it was")
	}
	return nil
}

func tombstone[T any](c Case[T]) error {
	p, err := newPair(c)
	if err != nil {
		return err
	}
	got := c.Values[0]
	info, err := p.de.Deserialize(context.Background(), field, serde.Data{}, &got)
	var zero T
	if err != nil || !info.Tombstone || !reflect.DeepEqual(got, zero) {
		return fmt.Errorf("a tombstone was read with %+v, error %v, value zero: %v", info, err, reflect.DeepEqual(got, zero))
	}
	switch reflect.TypeFor[T]().Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
		data, err := p.ser.AppendSerialize(context.Background(), []byte("x"), field, zero)
		if err != nil || data.Bytes != nil || data.Headers != nil {
			return fmt.Errorf("nil was written as %d bytes, %d headers, error %v", len(data.Bytes), len(data.Headers), err)
		}
	}
	return nil
}

func appends[T any](c Case[T]) error {
	p, err := newPair(c)
	if err != nil {
		return err
	}
	for i, v := range c.Values {
		plain, err := p.ser.AppendSerialize(context.Background(), nil, field, v)
		if err != nil {
			return err
		}
		dst := append(make([]byte, 0, 4096), "before"...)
		data, err := p.ser.AppendSerialize(context.Background(), dst, field, v)
		if err != nil {
			return err
		}
		if !bytes.Equal(data.Bytes, append([]byte("before"), plain.Bytes...)) {
			return fmt.Errorf("value %d: appending wrote other bytes, or over those before", i)
		}
	}
	return nil
}

// spy keeps the encoder that a format makes.
type spy[T any] struct {
	serde.Format[T]
	encoder serde.Encoder[T]
}

func (s *spy[T]) NewEncoder(writer serde.WriterSchema) (serde.Encoder[T], error) {
	e, err := s.Format.NewEncoder(writer)
	s.encoder = e
	return e, err
}

func refused[T any](c Case[T]) error {
	s := &spy[T]{Format: c.Format}
	c.Format = s
	p, err := newPair(c)
	if err != nil {
		return err
	}
	if err := p.ser.Prepare(context.Background(), field); err != nil {
		return err
	}
	for i, v := range c.Refused {
		dst := append(make([]byte, 0, 4096), "before"...)
		got, err := s.encoder.AppendEncode(dst, v)
		if serde.ClassOf(err) == serde.Unclassified {
			return fmt.Errorf("refused value %d: error %v, want one with a class", i, err)
		}
		if string(got) != "before" {
			return fmt.Errorf("refused value %d left %d bytes where there were 6, or others", i, len(got))
		}
	}
	return nil
}

func alike[T any](c Case[T]) error {
	p, err := newPair(c)
	if err != nil {
		return err
	}
	for i, v := range c.Values {
		first, err := p.ser.AppendSerialize(context.Background(), nil, field, v)
		if err != nil {
			return err
		}
		again, err := p.ser.AppendSerialize(context.Background(), nil, field, v)
		if err != nil {
			return err
		}
		if len(first.Bytes) != len(again.Bytes) {
			return fmt.Errorf("value %d: %d bytes, then %d", i, len(first.Bytes), len(again.Bytes))
		}
		if c.Deterministic && !bytes.Equal(first.Bytes, again.Bytes) {
			return fmt.Errorf("value %d: the second time its bytes are others", i)
		}
	}
	return nil
}

func allocates[T any](c Case[T]) error {
	if !c.EncodesWithoutAllocating || raceEnabled {
		return nil
	}
	p, err := newPair(c)
	if err != nil {
		return err
	}
	ctx, buffer := context.Background(), make([]byte, 0, 1<<16)
	for i, v := range c.Values {
		if _, err := p.ser.AppendSerialize(ctx, buffer, field, v); err != nil {
			return err
		}
		n := testing.AllocsPerRun(100, func() { _, _ = p.ser.AppendSerialize(ctx, buffer, field, v) })
		if n != 0 {
			return fmt.Errorf("value %d: %v allocations, want 0", i, n)
		}
	}
	return nil
}

// frameLen is how many bytes of data are not payload.
func (c Case[T]) frameLen(data serde.Data) (int, error) {
	_, payload, err := serde.ParseFrame(c.Format.SchemaType(), field.Role, data)
	return len(data.Bytes) - len(payload), err
}

func prefixes[T any](c Case[T]) error {
	p, err := newPair(c)
	if err != nil {
		return err
	}
	for i, v := range c.Values {
		data, err := p.ser.AppendSerialize(context.Background(), nil, field, v)
		if err != nil {
			return err
		}
		frame, err := c.frameLen(data)
		if err != nil {
			return err
		}
		end := frame
		if c.SelfDelimiting {
			end = len(data.Bytes)
		}
		for n := range end {
			var got T
			_, err := p.de.Deserialize(context.Background(), field, serde.Data{Bytes: data.Bytes[:n:n]}, &got)
			if err == nil || serde.ClassOf(err) == serde.Unclassified {
				return fmt.Errorf("the first %d of %d bytes of value %d: error %v, want one with a class", n, len(data.Bytes), i, err)
			}
		}
	}
	return nil
}

func trailing[T any](c Case[T]) error {
	if !c.SelfDelimiting {
		return nil
	}
	p, err := newPair(c)
	if err != nil {
		return err
	}
	for i, v := range c.Values {
		data, err := p.ser.AppendSerialize(context.Background(), nil, field, v)
		if err != nil {
			return err
		}
		data.Bytes = append(data.Bytes, 0, 0, 0)
		var got T
		if _, err := p.de.Deserialize(context.Background(), field, data, &got); !errors.Is(err, serde.TrailingBytes) {
			return fmt.Errorf("3 bytes after value %d: error %v, want class %v", i, err, serde.TrailingBytes)
		}
	}
	return nil
}

func reuse[T any](c Case[T]) error {
	p, err := newPair(c)
	if err != nil {
		return err
	}
	var got T
	calls := 0
	for round := range 2 {
		for i, v := range c.Values {
			data, err := p.ser.AppendSerialize(context.Background(), nil, field, v)
			if err != nil {
				return err
			}
			if _, err := p.de.Deserialize(context.Background(), field, data, &got); err != nil {
				return err
			}
			// The value must not change with the bytes it came from.
			clear(data.Bytes)
			if !c.equal(v, got) {
				return fmt.Errorf("round %d: value %d, read over an earlier one, is another", round, i)
			}
			if calls == 0 {
				calls = p.reg.Calls()
			}
		}
	}
	if more := p.reg.Calls() - calls; more > 0 {
		return fmt.Errorf("%d registry calls for a schema that was known", more)
	}
	return nil
}

func concurrent[T any](c Case[T]) error {
	p, err := newPair(c)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	errs := make(chan error, 8)
	for range cap(errs) {
		wg.Go(func() {
			for range 50 {
				for i, v := range c.Values {
					data, err := p.ser.AppendSerialize(context.Background(), nil, field, v)
					var got T
					if err == nil {
						_, err = p.de.Deserialize(context.Background(), field, data, &got)
					}
					if err == nil && !c.equal(v, got) {
						err = fmt.Errorf("value %d came back as another", i)
					}
					if err != nil {
						errs <- err
						return
					}
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	return <-errs
}

func unknown[T any](c Case[T]) error {
	p, err := newPair(c)
	if err != nil {
		return err
	}
	var got T
	_, err = p.de.Deserialize(context.Background(), field, serde.Data{Bytes: []byte{0, 0, 0, 0, 99, 0, 0}}, &got)
	if !errors.Is(err, serde.UnknownSchema) || !serde.IsPoison(err) {
		return fmt.Errorf("an unknown schema id: error %v, want class %v", err, serde.UnknownSchema)
	}
	header := serde.Header{Key: serde.HeaderKey(field.Role), Value: append([]byte{1}, make([]byte, 20)...)}
	header.Value[1] = 0xff
	_, err = p.de.Deserialize(context.Background(), field, serde.Data{Bytes: []byte{}, Headers: []serde.Header{header}}, &got)
	if !errors.Is(err, serde.UnknownSchema) || !serde.IsPoison(err) {
		return fmt.Errorf("an unknown schema GUID: error %v, want class %v", err, serde.UnknownSchema)
	}
	return nil
}

func outage[T any](c Case[T]) error {
	p, err := newPair(c)
	if err != nil {
		return err
	}
	down := fmt.Errorf("connection refused: %w", registry.ErrUnavailable)
	p.reg.FailWith(down)
	_, err = p.ser.AppendSerialize(context.Background(), nil, field, c.Values[0])
	if !errors.Is(err, serde.RegistryUnavailable) || serde.IsPoison(err) {
		return fmt.Errorf("writing while the registry is down: error %v, want class %v", err, serde.RegistryUnavailable)
	}
	p.reg.FailWith(nil)
	data, err := p.ser.AppendSerialize(context.Background(), nil, field, c.Values[0])
	if err != nil {
		return fmt.Errorf("the registry is back: %w", err)
	}
	p.reg.FailWith(down)
	var got T
	_, err = p.de.Deserialize(context.Background(), field, data, &got)
	if !errors.Is(err, serde.RegistryUnavailable) || serde.IsPoison(err) {
		return fmt.Errorf("reading while the registry is down: error %v, want class %v", err, serde.RegistryUnavailable)
	}
	p.reg.FailWith(nil)
	if _, err = p.de.Deserialize(context.Background(), field, data, &got); err != nil {
		return fmt.Errorf("the registry is back: %w", err)
	}
	p.reg.FailWith(down)
	if _, err = p.de.Deserialize(context.Background(), field, data, &got); err != nil {
		return fmt.Errorf("a schema known already needs no registry: %w", err)
	}
	return nil
}

func unregistered[T any](c Case[T]) error {
	p, err := newPair(c, serde.WithWriterSchema(serde.OwnSchema()))
	if err != nil {
		return err
	}
	_, err = p.ser.AppendSerialize(context.Background(), nil, field, c.Values[0])
	if !errors.Is(err, serde.NotRegistered) {
		return fmt.Errorf("writing under a schema that is not registered: error %v, want class %v", err, serde.NotRegistered)
	}
	return nil
}

func otherType[T any](c Case[T]) error {
	p, err := newPair(c, serde.WithWriterSchema(serde.Latest()))
	if err != nil {
		return err
	}
	foreign := registry.Schema{Text: "{}", Type: "SOMETHING"}
	if _, err := p.reg.Register(context.Background(), "serdetest-value", foreign); err != nil {
		return err
	}
	if _, err := p.ser.AppendSerialize(context.Background(), nil, field, c.Values[0]); !errors.Is(err, serde.Incompatible) {
		return fmt.Errorf("writing under a schema of another type: error %v, want class %v", err, serde.Incompatible)
	}
	var got T
	if _, err := p.de.Deserialize(context.Background(), field, serde.Data{Bytes: []byte{0, 0, 0, 0, 1, 0}}, &got); !errors.Is(err, serde.Incompatible) {
		return fmt.Errorf("reading a record of another schema type: error %v, want class %v", err, serde.Incompatible)
	}
	return nil
}
